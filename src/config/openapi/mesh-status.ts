/** meta.istio.io `IstioStatus`: the form of `.status` in kinds of the mesh, in which the control plane speaks. */

import { dateTime, enumeration, field, intOrText, list, message, optional, text } from '../schema/fields.ts'

const condition = message({
  type: field('Which aspect of the object this is about.', optional(text())),
  status: field('`True`, `False` or `Unknown`.', optional(text())),
  reason: field('One word for why, the same for every object in this state.', optional(text())),
  message: field('Why, for people.', optional(text())),
  lastProbeTime: field('When it was last looked at.', optional(dateTime())),
  lastTransitionTime: field('When `status` last changed.', optional(dateTime())),
  observedGeneration: field('The generation of the object that was looked at.', optional(intOrText())),
})

const validationMessage = message({
  type: field(
    'Which check has spoken.',
    optional(
      message({
        name: field('Its name for people.', optional(text())),
        code: field('Its code for programs.', optional(text())),
      }),
    ),
  ),
  level: field('How bad it is.', optional(enumeration({ UNKNOWN: 0, ERROR: 3, WARNING: 8, INFO: 12 }))),
  documentationUrl: field('Where the check is explained.', optional(text())),
})

export const meshStatus = message({
  conditions: field('One entry for each aspect of the object.', optional(list(condition))),
  validationMessages: field('What is wrong with the object, or looks so.', optional(list(validationMessage))),
  observedGeneration: field('The generation of the object that all of this is about.', optional(intOrText())),
})
