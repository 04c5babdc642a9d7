/** A page of reference, of a kind or of settings: every field with its meaning, its default, its limits and what is not in force yet. Markdown. */

import Type, { type TObject, type TSchema } from 'typebox'
import type { Kind } from '../kinds/kind.ts'
import { keywordsOf } from '../schema/fields.ts'
import { type Section, sectionsOf } from './sections.ts'
import { typeText } from './type-text.ts'

export function referencePage(kind: Kind): string {
  const sections = [
    ...sectionsOf(kind.spec, kind.body === 'spec' ? 'spec' : ''),
    ...(kind.status === undefined ? [] : sectionsOf(kind.status, 'status')),
  ]
  return [
    generatedFrom('src/config/kinds'),
    `# ${kind.name}`,
    kind.description,
    identityOf(kind),
    ...(kind.notInForce === undefined ? [] : [`**Not in force yet:** ${kind.notInForce}.`]),
    ...sectionTexts(sections),
  ]
    .join('\n\n')
    .concat('\n')
}

export interface SettingsPage {
  /** `MeshConfig`. */
  readonly name: string
  /** What the settings are for, and where they are given: whole sentences. */
  readonly description: string
  readonly message: TObject
}

export function settingsPage({ name, description, message }: SettingsPage): string {
  const sections = sectionsOf(message, '')
  return [generatedFrom('src/config/mesh'), `# ${name}`, description, ...sectionTexts(sections)]
    .join('\n\n')
    .concat('\n')
}

export const generatedFrom = (folder: string): string =>
  `<!-- Written by \`npm run reference\` from the schemas in ${folder}. -->`

function sectionTexts(sections: readonly Section[]): readonly string[] {
  const titles = new Map(sections.map(section => [section.schema.properties, titleOf(section)]))
  const link = (message: TSchema): string => {
    const title = titles.get((message as TObject).properties) ?? ''
    return `[${title}](#${anchorOf(title)})`
  }
  return sections.map(section => sectionText(section, link))
}

const titleOf = ({ path }: Section): string => (path === '' ? 'The object' : path)

/** As GitHub makes them of headings. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-')

function identityOf({ group, versions, plural, shortNames, scope }: Kind): string {
  const apiVersions = versions.map(version => `\`${group === '' ? '' : `${group}/`}${version}\``).join(', ')
  const names = [plural, ...shortNames].map(name => `\`${name}\``).join(', ')
  return `apiVersion: ${apiVersions}, read as one. Names: ${names}. ${scope === 'cluster' ? 'Of the whole mesh.' : 'In a namespace.'}`
}

type Link = (message: TSchema) => string

function sectionText(section: Section, link: Link): string {
  const { schema, alsoAt } = section
  const fields = Object.entries(schema.properties)
  return [
    `## ${titleOf(section)}`,
    ...(alsoAt.length === 0 ? [] : [`The same at ${alsoAt.map(path => `\`${path}\``).join(', ')}.`]),
    ...(fields.length === 0
      ? ['No field is read.']
      : [
          [
            '| field | type | meaning | default |',
            '|---|---|---|---|',
            ...fields.map(([name, inner]) => row(name, inner, link)),
          ].join('\n'),
        ]),
    ...rulesText(schema),
  ].join('\n\n')
}

function row(name: string, schema: TSchema, link: Link): string {
  const { description = '', facts = {}, exclusive: _, ...keywords } = keywordsOf(schema)
  const { unit, since, deprecated, notInForce, alias } = facts
  // Rules of a message stand in its own section.
  const rules = Type.IsObject(schema) ? [] : ruleLines(keywords.rules)
  const meaning = [
    description,
    ...(deprecated === undefined ? [] : [`**Deprecated:** ${deprecated}.`]),
    ...(notInForce === undefined ? [] : [`**Not in force yet:** ${notInForce}.`]),
    ...(alias === undefined ? [] : [`Also written \`${alias}\`.`]),
    ...(since === undefined ? [] : [`Since Istio ${since}.`]),
    ...rules.map(rule => `Refused: ${rule}.`),
  ].join(' ')
  const written = unit === undefined || unit === 'duration' ? '' : `; ${unit}`
  const fallback = Type.IsOptional(schema) ? (facts.default ?? '') : '**required**'
  return `| ${[`\`${name}\``, `${typeText(schema, link)}${written}`, meaning, fallback].map(cell).join(' | ')} |`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function rulesText(schema: TSchema): readonly string[] {
  const { exclusive = [], rules } = keywordsOf(schema)
  const lines = [
    ...exclusive.map(group => `- At most one of ${group.map(name => `\`${name}\``).join(', ')}.`),
    ...ruleLines(rules).map(rule => `- Refused: ${rule}.`),
  ]
  return lines.length === 0 ? [] : [lines.join('\n')]
}

const ruleLines = (rules: ReturnType<typeof keywordsOf>['rules'] = []): readonly string[] =>
  rules.map(({ at, reason, remedy }) => {
    const subject = typeof at === 'string' ? `\`${at}\` ` : ''
    return `${subject}${reason}${remedy === undefined ? '' : ` (${remedy})`}`
  })
