/** Istio's own ConfigMap, which carries the settings of the mesh: what it holds is checked as the files of settings are. */

import type { TObject } from 'typebox'
import { readSettings, type SettingsForm } from '../mesh/settings-text.ts'
import { meshConfigForm } from '../parse-mesh-config.ts'
import { meshNetworksForm } from '../parse-mesh-networks.ts'
import type { Report } from './kind.ts'

/** `istio`, or `istio-REVISION`. */
export function checkIstioConfigMap(
  { name, data }: { readonly name: string; readonly data: Readonly<Record<string, string>> },
  report: Report,
): void {
  if (!/^istio(?:-|$)/.test(name)) return
  checkSettings(meshConfigForm, data, report)
  checkSettings(meshNetworksForm, data, report)
}

function checkSettings<Message extends TObject>(
  form: SettingsForm<Message>,
  data: Readonly<Record<string, string>>,
  report: Report,
): void {
  const text = data[form.dataKey]
  if (text === undefined) return
  for (const { severity, line, column, field = '', reason, remedy } of readSettings(form, text, '').problems) {
    // Nothing reads the ConfigMap itself, so that all of it does nothing.
    if (reason.startsWith('is not in force yet')) continue
    const place = `line ${line}, column ${column} of the text`
    report[severity](`data.${form.dataKey}`, [place, field, reason].filter(part => part !== '').join(': '), remedy)
  }
}
