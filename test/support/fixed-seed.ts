/**
 * Preloaded by `npm test`: properties try the same values in every run, so that a failure is a change's and not chance's.
 * TEST_SEED=N tries others; new ones are worth trying after a change of what they check.
 */

import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.TEST_SEED ?? 1) })
