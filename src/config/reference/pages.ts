/** All pages of reference by their file names, the index among them. */

import { kinds } from '../kinds/catalogue.ts'
import type { Kind } from '../kinds/kind.ts'
import { generatedFrom, referencePage, settingsPage } from './page.ts'
import { settingsPages } from './settings-pages.ts'

export function referencePages(): ReadonlyMap<string, string> {
  const all = (Object.values(kinds) as unknown as readonly Kind[]).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return new Map([
    ['README.md', index(all)],
    ...all.map(kind => [fileOf(kind), referencePage(kind)] as const),
    ...settingsPages.map(settings => [fileOf(settings), settingsPage(settings)] as const),
  ])
}

const fileOf = ({ name }: { readonly name: string }): string => `${name}.md`

function index(all: readonly Kind[]): string {
  const rows = all.map(kind => {
    const force = kind.notInForce === undefined ? '' : ` **Not in force yet:** ${kind.notInForce}.`
    return `| [${kind.name}](${fileOf(kind)}) | ${kind.group === '' ? 'core' : kind.group} | ${kind.description}${force} |`
  })
  return `${[
    generatedFrom('src/config'),
    '# Kinds of objects, and settings',
    'Every field of every kind that is read, from the schemas that also make the validator, the CustomResourceDefinitions ' +
      '(`meshwright manifest crds`) and the OpenAPI document. Kinds of Istio are read as proto JSON: names in camelCase or ' +
      'snake_case, numbers also in quotes, enums as names or numbers, `null` as absent; an unknown field is refused. Of ' +
      "Kubernetes' kinds only the fields that are listed are read.",
    ['| kind | group | what it is for |', '|---|---|---|', ...rows].join('\n'),
    `Settings of the mesh: ${settingsPages.map(settings => `[${settings.name}](${fileOf(settings)})`).join(' and ')}.`,
  ].join('\n\n')}\n`
}
