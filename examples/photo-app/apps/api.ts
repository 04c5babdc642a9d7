/** The API: JSON over the store. `api.ts LISTEN-ADDRESS STORE-VIA`. */

import { callerOf, get, json, serve } from './upstream.ts'

const [address = '127.0.1.2:19080', via = '127.0.1.2:18082'] = process.argv.slice(2)
const store = { via, host: 'store.photo.internal' }

serve(address, async (path, request) => {
  if (path === '/photos') {
    const answer = await get(store, '/pictures')
    if (answer.status !== 200)
      return { status: 502, contentType: 'text/plain', body: `store answered ${answer.status}\n` }
    const { instance, caller, pictures } = JSON.parse(answer.body.toString()) as {
      instance: string
      caller: string
      pictures: unknown
    }
    return json({ caller: callerOf(request), store: { instance, caller }, photos: pictures })
  }
  const answer = await get(store, path.replace('/photos/', '/pictures/'))
  return { status: answer.status, contentType: String(answer.headers['content-type']), body: answer.body }
})
