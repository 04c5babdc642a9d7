/**
 * Answers about single certificates (RFC 6960), signed by their issuer itself. Anybody may ask, so that only about what
 * was issued here a signature is made, once for each until something is revoked: for the rest the answer is the unsigned
 * `unauthorized` of RFC 5019. Nonces are not answered, as both allow, because nothing could be kept then.
 */

import { createHash, X509Certificate } from 'node:crypto'
import type { Signer } from '../certificates/signer.ts'
import { oids } from '../der/oids.ts'
import { DerReader, unsignedFrom, wholeBytesFrom } from '../der/reader.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'
import { bitString, element, explicit, generalizedTime, octetString, sequence } from '../der/writer.ts'
import type { OneIssuer } from './enforced-crls.ts'
import { revocationReasons } from './reasons.ts'
import type { RevokedCertificate } from './revocation.ts'

export interface OcspResponder {
  answer(request: Buffer): Buffer
  /** What was answered holds no more. */
  forget(): void
}

export interface OcspSources {
  readonly issuers: () => readonly OneIssuer[]
  readonly issued: (serialNumber: string) => { readonly issuerFingerprint: string } | undefined
  readonly revoked: (serialNumber: string) => RevokedCertificate | undefined
  readonly nowMs: () => number
}

/** How long an answer may be kept by who got it. */
export const ocspAnswerLifeMs = 3_600_000
const mostKept = 10_000
const largestRequestBytes = 4096
/** One question is what clients send; a list of them is answered to this length. */
const mostQuestions = 16

export function createOcspResponder(sources: OcspSources): OcspResponder {
  const kept = new Map<string, { readonly answer: Buffer; readonly untilMs: number }>()
  return {
    answer(request) {
      const nowMs = sources.nowMs()
      const questions = questionsIn(request)
      if (questions === undefined) return withoutAnswer(status.malformedRequest)
      const key = questions.map(({ certId }) => certId.toString('latin1')).join('|')
      const known = kept.get(key)
      // Half of its life at least is left to who gets a kept one.
      if (known !== undefined && known.untilMs > nowMs) return known.answer
      const answer = signedAnswer(questions, sources)
      if (answer === undefined) return withoutAnswer(status.unauthorized)
      if (kept.size >= mostKept) kept.clear()
      kept.set(key, { answer, untilMs: nowMs + ocspAnswerLifeMs / 2 })
      return answer
    },
    forget: () => kept.clear(),
  }
}

const status = { successful: 0, malformedRequest: 1, unauthorized: 6 } as const

const enumerated = (value: number): Buffer => element(tags.enumerated, Buffer.from([value]))

const withoutAnswer = (code: number): Buffer => sequence(enumerated(code))

interface Question {
  /** As asked, to be given back byte for byte. */
  readonly certId: Buffer
  readonly hash: 'sha1' | 'sha256' | undefined
  readonly issuerNameHash: Buffer
  readonly issuerKeyHash: Buffer
  /** As in issuances. */
  readonly serialNumber: string
}

/** Undefined when it is no request; signatures and extensions are passed over. */
function questionsIn(request: Buffer): readonly Question[] | undefined {
  if (request.length > largestRequestBytes) return undefined
  try {
    const outer = new DerReader(request)
    const tbs = outer.readSequence().readSequence()
    outer.end()
    if (tbs.peekTag() === contextConstructed(0)) tbs.readAny()
    if (tbs.peekTag() === contextConstructed(1)) tbs.readAny()
    const list = tbs.readSequence()
    const questions: Question[] = []
    while (!list.atEnd) questions.push(questionFrom(list.readSequence().read(tags.sequence).raw))
    return questions.length === 0 || questions.length > mostQuestions ? undefined : questions
  } catch {
    return undefined
  }
}

function questionFrom(certId: Buffer): Question {
  const fields = new DerReader(certId).readSequence()
  const algorithm = fields.readSequence().read(tags.oid).raw
  const hash = algorithm.equals(oids.sha1) ? 'sha1' : algorithm.equals(oids.sha256) ? 'sha256' : undefined
  const issuerNameHash = fields.read(tags.octetString).content
  const issuerKeyHash = fields.read(tags.octetString).content
  const serialNumber = unsignedFrom(fields.read(tags.integer)).toString('hex').toUpperCase()
  fields.end()
  return { certId, hash, issuerNameHash, issuerKeyHash, serialNumber }
}

/** Undefined unless all are certificates of one issuer here. */
function signedAnswer(questions: readonly Question[], { issuers, issued, revoked, nowMs }: OcspSources) {
  const issuer = issuers().find(({ signer }) => questions.every(question => isAbout(question, signer)))
  if (issuer === undefined) return undefined
  const isOurs = ({ serialNumber }: Question): boolean =>
    issuer.fingerprints.has(issued(serialNumber)?.issuerFingerprint ?? '')
  if (!questions.every(isOurs)) return undefined
  const now = nowMs()
  const responses = questions.map(({ certId, serialNumber }) =>
    sequence(
      certId,
      certStatus(revoked(serialNumber)),
      generalizedTime(now),
      explicit(0, generalizedTime(now + ocspAnswerLifeMs)),
    ),
  )
  const { signer } = issuer
  const keyHash = createHash('sha1').update(keyBitsOf(signer)).digest()
  const data = sequence(explicit(2, octetString(keyHash)), generalizedTime(now), sequence(...responses))
  const basic = sequence(data, signer.signatureAlgorithm, bitString(signer.sign(data)))
  return sequence(enumerated(status.successful), explicit(0, sequence(oids.ocspBasic, octetString(basic))))
}

function certStatus(revoked: RevokedCertificate | undefined): Buffer {
  if (revoked === undefined) return element(contextPrimitive(0))
  const { revokedAtMs, reason } = revoked
  const at = generalizedTime(revokedAtMs)
  const code = revocationReasons[reason]
  return code === 0
    ? element(contextConstructed(1), at)
    : element(contextConstructed(1), at, explicit(0, enumerated(code)))
}

function isAbout({ hash, issuerNameHash, issuerKeyHash }: Question, signer: Signer): boolean {
  if (hash === undefined) return false
  const digest = (bytes: Buffer): Buffer => createHash(hash).update(bytes).digest()
  return digest(signer.subject).equals(issuerNameHash) && digest(keyBitsOf(signer)).equals(issuerKeyHash)
}

/** The value of the BIT STRING, without tag, length and unused bits. */
function keyBitsOf({ certificatePem }: Signer): Buffer {
  const info = new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' })
  const fields = new DerReader(info).readSequence()
  fields.readSequence()
  return wholeBytesFrom(fields.read(tags.bitString))
}
