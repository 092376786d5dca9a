/** The command that makes and sends one input again, alone. */
export function repeatCommand({ door, seed, number }: { door: string; seed: number; number: number }): string {
  return `npm run fuzz -- --only ${door} --seed ${seed} --from ${number} --inputs 1`;
}
