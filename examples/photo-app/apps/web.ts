/** The page. `web.ts LISTEN-ADDRESS API-VIA`. */

import { callerOf, get, json, serve } from './upstream.ts'

const [address = '127.0.1.1:19080', via = '127.0.1.1:18081'] = process.argv.slice(2)
const api = { via, host: 'api.photo.internal' }

interface Photos {
  readonly caller: string
  readonly store: { readonly instance: string; readonly caller: string }
  readonly photos: readonly { readonly id: string; readonly title: string }[]
}

serve(address, async (path, request) => {
  if (path === '/' || path === '/trace') {
    const answer = await get(api, '/photos')
    if (answer.status !== 200)
      return { status: 502, contentType: 'text/plain', body: `api answered ${answer.status}\n` }
    const photos = JSON.parse(answer.body.toString()) as Photos
    if (path === '/') return { status: 200, contentType: 'text/html; charset=utf-8', body: page(photos) }
    return json({ web: callerOf(request), api: photos.caller, store: photos.store })
  }
  const answer = await get(api, path)
  return { status: answer.status, contentType: String(answer.headers['content-type']), body: answer.body }
})

function page({ photos, store, caller }: Photos): string {
  const figures = photos.map(
    ({ id, title }) => `<figure><img src="/photos/${id}" alt="${title}"><figcaption>${title}</figcaption></figure>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Photos</title>
<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:60rem;color:#222;background:#fafaf8}main{display:grid;grid-template-columns:repeat(3,1fr);gap:1.5rem}
img{width:100%;border-radius:8px}figure{margin:0}figcaption{margin-top:.4rem}footer{margin-top:2rem;color:#666;font-size:.85rem;overflow-wrap:anywhere}</style>
<h1>Photos</h1><main>${figures.join('')}</main>
<footer>The api saw: <code>${escapeHtml(caller)}</code><br>${escapeHtml(store.instance)} saw: <code>${escapeHtml(store.caller)}</code></footer></html>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
