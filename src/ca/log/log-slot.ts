/** Of `log_slot` (schema/0007-custody.ts): entries are found by time to this. */
export const logSlotMs = 600_000
