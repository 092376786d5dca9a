import { describe, expect, it } from '@jest/globals';
import { requireNetrestrict, requireRestricted } from './netrestrict.js';

describe('requireNetrestrict', () => {
  it.each([
    ['10.8.0.0/24', '10.8.0.0/24'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.8.0.0/24, 192.168.7.9/32', '10.8.0.0/24,192.168.7.9/32'],
  ])('takes %s', (masks, netrestrict) => {
    expect(requireNetrestrict(masks)).toBe(netrestrict);
  });

  it.each(['', '10.8.0.0', '10.8.0.0/', '10.8.0/24', '10.8.0.0/33', '10.8.0.0/24/8', 'fd00::/64', '10.8.0.0/24,'])(
    'refuses "%s", which is no network',
    (masks) => {
      expect(() => requireNetrestrict(masks)).toThrow(/is no network for --netrestrict: give .* as 10\.8\.0\.0\/24\./);
    },
  );

  it.each(['0.0.0.0/0', '10.0.0.0/7', '10.8.0.0/24,128.0.0.0/1'])(
    'refuses %s, which lets in nearly anybody',
    (masks) => {
      expect(() => requireNetrestrict(masks)).toThrow(/lets in nearly anybody: .* of at most \/8/);
    },
  );

  it('refuses masks that leave a member out, and says which', () => {
    requireNetrestrict('10.8.0.0/24,10.9.0.0/24', ['10.8.0.255', '10.9.0.1']);
    expect(() => requireNetrestrict('10.8.0.0/24', ['10.8.0.255', '10.8.1.0'])).toThrow(
      'The node at 10.8.1.0 lies outside of --netrestrict 10.8.0.0/24: add its network, as 10.8.0.0/24,10.8.1.0/32.',
    );
  });
});

describe('requireRestricted', () => {
  it('takes a node with masks', () => {
    requireRestricted('/srv/node', '10.8.0.0/24');
  });

  it.each([undefined, '0.0.0.0/0', 'all'])('refuses a node with %s, and says by which command it starts', (masks) => {
    expect(() => requireRestricted('/srv/node', masks)).toThrow(
      /node\.json.*"dicom-ledger network start --data \/srv\/node --netrestrict 10\.8\.0\.0\/24"\.$/,
    );
  });
});
