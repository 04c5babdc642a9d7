/**
 * Every object of Istio's kinds in Istio's own modules: samples, examples of release notes, test data, and the examples of its
 * documentation (the pages of its reference, which the module of its API brings along, and the READMEs). Read where it lies.
 */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { kindFor } from '../../src/config/kinds/catalogue.ts'
import type { Question } from './istio-oracle.ts'

export interface FoundObject extends Question {
  readonly kind: string
  /** The object alone, as YAML. */
  readonly text: string
}

export const allIstioObjects = (moduleFolder: string, apiFolder: string): readonly FoundObject[] => [
  ...istioObjects(moduleFolder),
  ...describedObjects(moduleFolder),
  ...documentedObjects(apiFolder),
]

/** The id is `path/in/the/module.yaml#INDEX`. Templates and texts that are no YAML are passed over. */
export function istioObjects(moduleFolder: string): readonly FoundObject[] {
  const files = readdirSync(moduleFolder, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.ya?ml$/.test(file) && !path.basename(file).includes('crd'))
    .sort()
  return files.flatMap(file => objectsOfText(readFileSync(path.join(moduleFolder, file), 'utf8'), file))
}

/** The examples on the pages of the reference. The id is `api/path/of/page.pb.html#INDEX`. */
export function documentedObjects(apiFolder: string): readonly FoundObject[] {
  const pages = readdirSync(apiFolder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.pb.html'))
    .sort()
  return pages.flatMap(page => {
    const text = readFileSync(path.join(apiFolder, page), 'utf8')
    const examples = [...text.matchAll(/<code class="language-yaml">(.*?)<\/code>/gs)].map(([, example = '']) =>
      objectsOfText(fromHtml(example), ''),
    )
    return examples.flat().map((object, index) => ({ ...object, id: `api/${page}#${index}` }))
  })
}

/** The examples in texts of Markdown. */
export function describedObjects(moduleFolder: string): readonly FoundObject[] {
  const texts = readdirSync(moduleFolder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.md'))
    .sort()
  return texts.flatMap(file => {
    const text = readFileSync(path.join(moduleFolder, file), 'utf8')
    const examples = [...text.matchAll(/^( *)```ya?ml\n(.*?)^ *```/gms)].map(([, indent = '', example = '']) =>
      objectsOfText(example.replaceAll(new RegExp(`^${indent}`, 'gm'), ''), ''),
    )
    return examples.flat().map((object, index) => ({ ...object, id: `${file}#${index}` }))
  })
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#34': '"', '#39': "'" }

const fromHtml = (text: string): string =>
  text.replaceAll(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole)

function objectsOfText(text: string, file: string): readonly FoundObject[] {
  if (text.includes('{{') || !text.includes('istio.io/')) return []
  return [...parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false })].flatMap((document, index) => {
    if (document.errors.length > 0) return []
    const object = plain(document)
    if (!isMeshObject(object)) return []
    delete (object as { _err?: string })._err
    // Analyzers' test data leaves names out, or writes them for later: an API server would have refused these before anybody.
    return [{ id: `${file}#${index}`, kind: object.kind, object, text: stringify(object) }]
  })
}

function plain(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

function isMeshObject(object: unknown): object is { readonly kind: string } {
  if (typeof object !== 'object' || object === null) return false
  const { apiVersion, kind, metadata } = object as Record<string, unknown>
  const named =
    typeof metadata === 'object' && metadata !== null && typeof (metadata as { name?: unknown }).name === 'string'
  return (
    named &&
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    apiVersion.includes('.istio.io/') &&
    kindFor(apiVersion, kind) !== undefined
  )
}
