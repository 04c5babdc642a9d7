/** The store: keeps the pictures. `store.ts LISTEN-ADDRESS INSTANCE`. */

import { callerOf, json, serve } from './upstream.ts'

const [address = '127.0.1.3:19080', instance = 'store-1'] = process.argv.slice(2)

const pictures: Readonly<Record<string, { readonly title: string; readonly svg: string }>> = {
  dune: { title: 'Dune at noon', svg: landscape('#f7d488', '#e08e45', '#b85c38') },
  fjord: { title: 'Fjord, early', svg: landscape('#cfe8ef', '#5b8e7d', '#2f4858') },
  dusk: { title: 'Dusk over the ridge', svg: landscape('#f08a8a', '#6d597a', '#355070') },
}

serve(address, async (path, request) => {
  const named = { 'x-instance': instance }
  if (path === '/pictures') {
    const list = Object.entries(pictures).map(([id, { title }]) => ({ id, title }))
    return { ...json({ instance, caller: callerOf(request), pictures: list }), headers: named }
  }
  const picture = pictures[path.replace('/pictures/', '')]
  if (picture === undefined)
    return { status: 404, contentType: 'text/plain', body: 'no such picture\n', headers: named }
  return { status: 200, contentType: 'image/svg+xml', body: picture.svg, headers: named }
})

function landscape(sky: string, hill: string, ground: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><rect width="300" height="200" fill="${sky}"/>
<circle cx="220" cy="55" r="24" fill="#fff7d6"/><path d="M0 140 Q75 70 150 130 T300 110 V200 H0Z" fill="${hill}"/>
<path d="M0 170 Q90 130 180 165 T300 150 V200 H0Z" fill="${ground}"/></svg>`
}
