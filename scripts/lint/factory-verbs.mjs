// A lint rule for this project's factories: the first word of their name says what the caller owes.
// `open…` has to be closed (it has a `close` or `stop`), or opens what lies on disk (it is asynchronous); `create…` lives in memory
// alone and is just forgotten.
const ENDINGS = ['close', 'stop'];

export default {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      create: '{{name}} gives something that has to be closed: call it open…, or start… if it works in the background.',
      open: '{{name}} gives nothing that has to be closed: call it create….',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    return {
      'ExportNamedDeclaration > FunctionDeclaration'({ id }) {
        const verb = /^(create|open)[A-Z]/.exec(id?.name ?? '')?.[1];
        if (verb === undefined) return;
        const returned = services.getTypeAtLocation(id).getCallSignatures()[0].getReturnType();
        const given = checker.getAwaitedType(returned) ?? returned;
        const hasEnd = ENDINGS.some((name) => given.getProperty(name) !== undefined);
        const isAsync = given !== returned;
        if (verb === 'create' ? hasEnd : !hasEnd && !isAsync)
          context.report({ node: id, messageId: verb, data: { name: id.name } });
      },
    };
  },
};
