import { withoutAddress, withoutAddressText } from '../../../../lambdas/collect/visitor/address.ts';

describe.each(['ip', 'request_ip', 'requestIP', 'ipAddress', 'ip_address', 'user_ipaddress'])(
  "the visitor's address as %s",
  (name) => {
    it('is taken from a call and from its context, and from nothing else', () => {
      const other = { event: 'x', properties: { [name]: '203.0.113.7' } };

      expect(withoutAddress({ [name]: '203.0.113.7', ...other })).toEqual(other);
      expect(withoutAddress({ ...other, context: { [name]: null, locale: 'de' } })).toEqual({
        ...other,
        context: { locale: 'de' },
      });
      expect(withoutAddress(other)).toBe(other);
    });

    it('is taken from text that cannot be read', () => {
      expect(withoutAddressText(`{"${name}" : "203.0.113.7","a":`)).toBe(`{"${name}" : null,"a":`);
    });
  },
);
