import { casesOf, type RuleTable } from '../rule-cases.ts'

const pem = (label: string): string => Buffer.from(`-----BEGIN ${label}-----\n`).toString('base64')
const pair = `tls.crt: ${pem('CERTIFICATE')}, tls.key: ${pem('PRIVATE KEY')}`

export const secretRules: RuleTable = {
  kind: 'Secret',
  apiVersion: 'v1',
  examples: [
    `type: kubernetes.io/tls\ndata: {${pair}, ca.crt: ""}\nstringData: {note: a}\nimmutable: true`,
    'type: kubernetes.io/basic-auth\nstringData: {password: a}',
  ],
  cases: [
    ...casesOf(
      'data: {□}',
      { rule: 'an entry is no base64', refused: 'a: a', accepted: 'a: YQ==', field: 'data' },
      { rule: 'an entry is a number', refused: 'a: 1', accepted: 'a: "MQ=="', field: 'data' },
      { rule: 'the name of an entry has a slash', refused: 'a/b: YQ==', accepted: 'a-b: YQ==', field: 'data' },
      { rule: 'the name of an entry begins with ..', refused: '..a: YQ==', accepted: '.a: YQ==', field: 'data' },
    ),
    ...casesOf('stringData: {a: □}', {
      rule: 'it holds more than 1 MiB',
      // The limit of the object itself is the same, in characters.
      refused: `"${'é'.repeat(524_289)}"`,
      accepted: `"${'é'.repeat(524_288)}"`,
      field: 'data',
    }),
    ...casesOf(
      'type: kubernetes.io/tls\ndata: {□}',
      {
        rule: 'a certificate has no key',
        refused: `tls.crt: ${pem('CERTIFICATE')}`,
        accepted: pair,
        field: 'data',
      },
      {
        rule: 'a certificate is none',
        warns: true,
        refused: `tls.crt: YQ==, tls.key: ${pem('EC PRIVATE KEY')}`,
        accepted: `tls.crt: ${pem('CERTIFICATE')}, tls.key: ${pem('EC PRIVATE KEY')}`,
        field: 'data',
      },
    ),
    {
      rule: 'a password has neither name nor word',
      refused: 'type: kubernetes.io/basic-auth',
      accepted: 'type: kubernetes.io/basic-auth\nstringData: {username: a}',
      field: 'data',
    },
    {
      rule: 'a token is of no account',
      refused: 'type: kubernetes.io/service-account-token',
      accepted: 'type: kubernetes.io/service-account-tokens',
      field: 'metadata.annotations',
    },
  ],
}
