/** What a rule about JSON Web Tokens may say beyond its form: keys that can verify, headers that can be written. */

import { checkHeaderName } from './header-rules.ts'
import { keySetFault, privateKeysOf } from './json-web-keys.ts'
import type { Report } from './kind.ts'
import type { JwtRule } from './request-authentication.ts'

export function checkJwtRule(rule: JwtRule, field: string, report: Report): void {
  if (rule.issuer === undefined && rule.jwksUri === undefined)
    report.error(`${field}.issuer`, 'is required where no jwksUri is given', 'name who issues the tokens')
  if (rule.jwksUri !== undefined && /^https?:\/\//.test(rule.jwksUri) && !URL.canParse(rule.jwksUri))
    report.error(`${field}.jwksUri`, `${rule.jwksUri} is not a URL`, 'write it like https://issuer.example/keys')
  const jwks = rule.jwks ?? ''
  if (jwks !== '') checkKeys(jwks, `${field}.jwks`, report)
  else if (rule.jwksUri === undefined && rule.issuer !== undefined && !/^https?:\/\//.test(rule.issuer))
    report.warning(
      `${field}.issuer`,
      'is no URL below which the keys could be found, so that every token of this issuer is refused',
      'give jwksUri or jwks',
    )
  for (const [index, header] of (rule.fromHeaders ?? []).entries())
    checkHeaderName(header.name, `${field}.fromHeaders[${index}].name`, report)
  if ((rule.outputPayloadToHeader ?? '') !== '')
    checkHeaderName(rule.outputPayloadToHeader ?? '', `${field}.outputPayloadToHeader`, report)
  for (const [index, { header }] of (rule.outputClaimToHeaders ?? []).entries()) {
    if (!/^[-_A-Za-z0-9]+$/.test(header))
      report.error(
        `${field}.outputClaimToHeaders[${index}].header`,
        `'${header}' is not the name of a header`,
        'use letters, digits, - and _',
      )
  }
}

function checkKeys(jwks: string, field: string, report: Report): void {
  const fault = keySetFault(jwks)
  if (fault !== undefined) {
    report.error(field, fault, 'write the JSON of a key set: {"keys": […]}')
    return
  }
  for (const index of privateKeysOf(jwks))
    report.warning(
      field,
      `key ${index} is private or shared, and everybody who reads this object has it`,
      'give the public half alone, and replace the key',
    )
}
