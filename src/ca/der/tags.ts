/** Identifier octets of the ASN.1 types that certificates use (ITU-T X.680 section 8.4). */

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** `[number]` around whole elements. */
export const contextConstructed = (number: number): number => 0xa0 + number

/** `[number]` in place of a primitive's own tag. */
export const contextPrimitive = (number: number): number => 0x80 + number
