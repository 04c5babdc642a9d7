/** A real kubectl against a daemon that runs: what its user sees. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { runCommand, startDaemon, startProgram, temporaryFolder, until } from '../support/processes.ts'

const missing = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).error
const skip = missing === undefined ? false : `no kubectl: ${missing.message}`

const web = (port: number, labels = 'app: web') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop, labels: {${labels}}}
spec:
  hosts: [web.shop.svc.cluster.local]
  http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: ${port}}}}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {${labels}}}
spec: {selector: {app: web}, ports: [{name: http, port: ${port}}]}
`
const ofFile =
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: old, namespace: shop}\nspec: {ports: [{port: 1}]}\n'

interface Ran {
  readonly code: number | null
  readonly out: string
}

test('what a user of kubectl does works and says what it should', { skip }, async t => {
  const folder = temporaryFolder(t)
  const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
  mkdirSync(config)
  writeFileSync(path.join(config, 'old.yaml'), ofFile)
  await startDaemon(t, { config, data })
  const kubeconfig = path.join(folder, 'kubeconfig')
  const home = path.join(folder, 'home')
  writeFileSync(kubeconfig, (await runCommand(t, 'access', 'kubeconfig', '--data', data, '-n', 'shop')).stdout)
  const environment = { KUBECONFIG: kubeconfig, HOME: home, KUBECTL_EXTERNAL_DIFF: 'diff -U0' }
  const kubectl = async (args: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const program: [string, ...string[]] = ['kubectl', ...args.split(' ')]
    const { code, stdout, stderr } = await startProgram(t, program, { ...environment, ...more }).ended
    return { code, out: stdout + stderr }
  }
  const done = async (args: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { code, out } = await kubectl(args, more)
    assert.equal(code, 0, `kubectl ${args}: ${out}`)
    return out
  }
  const file = (name: string, content: string): string => {
    const at = path.join(folder, name)
    writeFileSync(at, content)
    return at
  }
  const [first, second] = [file('first.yaml', web(80)), file('second.yaml', web(8080, 'app: web, tier: front'))]

  await t.test('discovers the kinds and explains them', async () => {
    const resources = await done('api-resources')
    assert.match(resources, /^virtualservices +vs +networking\.istio\.io\/v1 +true +VirtualService$/m)
    assert.match(resources, /^namespaces +ns +v1 +false +Namespace$/m)
    assert.match(await done('explain peerauthentication.spec.mtls.mode'), /STRICT/)
  })

  await t.test('applies on its side: created, unchanged, configured, and a list is merged by its keys', async () => {
    assert.match(
      await done(`apply -f ${first}`),
      /virtualservice\.networking\.istio\.io\/web created\nservice\/web created/,
    )
    assert.match(await done(`apply -f ${first}`), /web unchanged\nservice\/web unchanged/)
    assert.match(await done(`apply --dry-run=server -f ${second}`), /configured \(server dry run\)/)
    const diff = await kubectl(`diff -f ${second}`)
    assert.equal(diff.code, 1, diff.out)
    assert.match(diff.out, /^-.*port: 80$[\s\S]*^\+.*port: 8080$/m)
    assert.match(await done(`apply -f ${second}`), /service\/web configured/)
    assert.equal(await done('get svc web -o jsonpath={.spec.ports[*].port}'), '8080')
    assert.equal((await kubectl(`diff -f ${second}`)).code, 0)
  })

  await t.test('warns of what a change leaves in the air: of the object itself, and of others by name', async () => {
    const lost = file(
      'lost.yaml',
      'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: lost, namespace: shop}\nspec: {host: lost, subsets: [{name: v1}, {name: v1a}]}\n',
    )
    const lostWarning =
      /^Warning: spec\.host: no Service and no ServiceEntry serves lost\.shop\.svc\.cluster\.local; .* \[HOST_NOT_FOUND\]$/m
    assert.match(await done(`apply --dry-run=server -f ${lost}`), lostWarning)
    assert.equal((await kubectl('get dr lost')).code, 1)
    assert.match(await done(`create -f ${lost}`), lostWarning)
    assert.match(await done(`apply --server-side --force-conflicts -f ${lost}`), lostWarning)
    const moved = file('moved.yaml', web(80).slice(web(80).indexOf('---')))
    assert.match(
      await done(`apply --dry-run=server -f ${moved}`),
      /^Warning: VirtualService shop\/web: spec\.http\[0\]\.route\[0\]\.destination\.port\.number: .*has no port 8080; use one of 80 \[PORT_NOT_FOUND\]$/m,
    )
    const removed = await done('delete svc web --dry-run=server')
    assert.match(removed, /^Warning: VirtualService shop\/web: spec\.hosts\[0\]: .* \[HOST_NOT_FOUND\]$/m)
    assert.doesNotMatch(await done('label svc web --dry-run=server a=b'), /Warning/)
    await done('delete dr lost')
  })

  await t.test('lists as tables and as YAML, by labels and by fields', async () => {
    assert.match(
      await done('get vs'),
      /^NAME +GATEWAYS +HOSTS +STATE +PROXIES +AGE\nweb +\["web\.shop\.svc\.cluster\.local"\] +Accepted +0\/0 +\d+s$/m,
    )
    assert.match(await done('get svc -o wide'), /^old .* file:.*old\.yaml$/m)
    assert.match(await done('get vs web -o yaml'), /observedGeneration: "2"[\s\S]*type: Accepted/)
    assert.equal(
      await done('get vs,svc -l tier=front -o name'),
      'virtualservice.networking.istio.io/web\nservice/web\n',
    )
    assert.equal(await done('get svc --field-selector metadata.name!=web -o name'), 'service/old\n')
    assert.match((await kubectl('get svc --field-selector spec.none=x')).out, /field label not supported: spec\.none/)
    assert.equal(await done('get svc -A -o name --chunk-size=1'), 'service/old\nservice/web\n')
    assert.match(
      await done('get virtualservices.v1beta1.networking.istio.io web -o yaml'),
      /^apiVersion: networking\.istio\.io\/v1beta1$/m,
    )
  })

  await t.test(
    'lists what a file holds and the daemon refuses, with the reason, and leaves it to the file',
    async () => {
      writeFileSync(path.join(config, 'wrong.yaml'), `${policy('NONSENSE')}---\n${wrongService}`)
      await until(async () => (await kubectl('get pa mode')).code === 0, 10_000)
      assert.match(await done('get pa'), /^mode +\S* +Refused +0\/0 +<unknown>$/m)
      const shown = await done('get pa mode -o yaml')
      assert.match(
        shown,
        /mode: NONSENSE[\s\S]*reason: Refused\n +status: "False"[\s\S]*readOnly: true[\s\S]*\n +source: .*wrong\.yaml:1:1/,
      )
      assert.match(shown, /message: .*spec\.mtls\.mode/)
      assert.match(await done('get svc -o name'), /^service\/bad\nservice\/old$/m)
      assert.match(await done('get svc bad -o yaml'), /meshwright\.io\/refusal: 'Refused: spec\.ports\[0\]\.port/)
      assert.match((await kubectl('delete pa mode')).out, /wrong\.yaml:1:1 and can be changed only there/)
      const ours = await runCommand(t, 'get', 'pa', '-n', 'shop', '--data', data)
      assert.match(ours.stdout, /^PeerAuthentication +shop +mode +- +.*wrong\.yaml:1 +refused +-$/m)
      assert.match(ours.stdout, /^error: PeerAuthentication shop\/mode: spec\.mtls\.mode: /m)
      rmSync(path.join(config, 'wrong.yaml'))
      await until(async () => (await kubectl('get pa mode')).code === 1, 10_000)
    },
  )

  await t.test('applies on the server: conflicts name the other manager, and force takes over', async () => {
    const applied = file('policy.yaml', policy('STRICT'))
    await done(`apply --server-side --field-manager=one -f ${applied}`)
    const other = file('other.yaml', policy('PERMISSIVE'))
    const refused = await kubectl(`apply --server-side --field-manager=two -f ${other}`)
    assert.equal(refused.code, 1)
    assert.match(refused.out, /\.spec\.mtls\.mode \(of one\)/)
    await done(`apply --server-side --field-manager=two --force-conflicts -f ${other}`)
    assert.equal(await done('get pa mode -o jsonpath={.spec.mtls.mode}'), 'PERMISSIVE')
    assert.match(await done('get pa mode -o yaml --show-managed-fields'), /f:mode: \{\}[\s\S]*manager: two/)
  })

  await t.test('patches and edits, and is told of every fault with its field', async () => {
    await done('label vs web team=a')
    await done('patch vs web --type json -p [{"op":"remove","path":"/metadata/labels/team"}]')
    await done('edit vs web', { KUBE_EDITOR: "sed -i 's/number: 8080/number: 8081/'" })
    assert.equal(await done('get vs web -o jsonpath={.spec.http[0].route[0].destination.port.number}'), '8081')
    const wrong = await kubectl('patch vs web --type merge -p {"spec":{"hostss":["x"]}}')
    assert.match(wrong.out, /The VirtualService "web" is invalid: spec\.hostss: is not a known field/)
    assert.match((await kubectl('delete svc old')).out, /old\.yaml:5:1 and can be changed only there/)
  })

  await t.test('watches changes as they come', async () => {
    const watch = startProgram(t, ['kubectl', 'get', 'svc', '-w', '-o', 'name'], environment)
    const seen = (): readonly string[] => watch.output().stdout.trim().split('\n')
    await until(() => seen().length === 2, 10_000)
    await done('annotate svc web note=1')
    await until(() => seen().length === 3, 10_000)
    assert.deepEqual(seen(), ['service/old', 'service/web', 'service/web'])
  })

  await t.test('creates by command line, with bodies in protobuf', async () => {
    for (const [args, said] of [
      ['create namespace blog', 'namespace/blog created'],
      ['create configmap settings -n blog --from-literal=a=1 --from-literal=b=zwei', 'configmap/settings created'],
      ['create secret generic key -n blog --from-literal=password=s3cret', 'secret/key created'],
      ['create serviceaccount reader -n blog', 'serviceaccount/reader created'],
      ['create service clusterip front -n blog --tcp=80:8080', 'service/front created'],
      ['create service externalname far -n blog --external-name far.example', 'service/far created'],
      [
        'create ingress way -n blog --class=mesh --rule=blog.example/*=front:80',
        'ingress.networking.k8s.io/way created',
      ],
    ] as const) {
      assert.match(await done(args), new RegExp(`^${said}$`, 'm'))
    }
    assert.equal(await done('get cm settings -n blog -o jsonpath={.data}'), '{"a":"1","b":"zwei"}')
    assert.equal(
      await done('get secret key -n blog -o jsonpath={.data.password}'),
      Buffer.from('s3cret').toString('base64'),
    )
    assert.equal(
      await done(
        'get svc front -n blog -o jsonpath={.spec.selector.app}:{.spec.ports[0].port}:{.spec.ports[0].targetPort}',
      ),
      'front:80:8080',
    )
    assert.equal(await done('get svc far -n blog -o jsonpath={.spec.externalName}'), 'far.example')
    assert.equal(
      await done('get ingress way -n blog -o jsonpath={.spec.rules[0].http.paths[0].backend.service.name}'),
      'front',
    )
    assert.match((await kubectl('create namespace blog')).out, /namespaces "blog" already exists/)
    assert.match((await kubectl('create namespace Blog')).out, /is invalid: metadata\.name/)
    assert.match(await done('create namespace later --dry-run=server'), /created \(server dry run\)/)
    assert.match(await done('delete namespace blog'), /"blog" deleted/)
    assert.equal((await kubectl('get namespace later')).code, 1)
  })

  await t.test('deletes', async () => {
    assert.match(await done(`delete -f ${first}`), /service "web" deleted/)
    assert.match((await kubectl('get vs web')).out, /virtualservices\.networking\.istio\.io "web" not found/)
    assert.equal((await kubectl('get vs web')).code, 1)
  })

  await t.test('has the role of its credential', async () => {
    const viewer = path.join(folder, 'viewer.json')
    await runCommand(t, 'access', 'token', '--name', 'eve', '--role', 'viewer', '--out', viewer, '--data', data)
    const config = (await runCommand(t, 'access', 'kubeconfig', '--credential', viewer, '-n', 'shop')).stdout
    const asViewer = { KUBECONFIG: file('viewer', config) }
    assert.match(await done('auth whoami', asViewer), /token:[0-9a-f]{16}:eve/)
    assert.match(await done('get svc', asViewer), /^old/m)
    assert.match((await kubectl('delete pa mode', asViewer)).out, /Forbidden.*editor of shop/)
    const editor = path.join(folder, 'editor.json')
    await runCommand(
      t,
      ...['access', 'token', '--name', 'ed', '--role', 'editor', '-n', 'shop', '--out', editor, '--data', data],
    )
    const ofEditor = (await runCommand(t, 'access', 'kubeconfig', '--credential', editor, '-n', 'shop')).stdout
    const asEditor = { KUBECONFIG: file('editor', ofEditor) }
    for (const [question, viewers, editors, admins] of [
      ['get vs', 'yes', 'yes', 'yes'],
      ['create vs', 'no', 'yes', 'yes'],
      ['delete services -n shop', 'no', 'yes', 'yes'],
      ['create vs -n blog', 'no', 'no', 'yes'],
      ['create namespaces', 'no', 'no', 'yes'],
      ['* *', 'no', 'no', 'yes'],
      ['get /debug', 'no', 'no', 'yes'],
      ['get /openapi/v3', 'yes', 'yes', 'yes'],
    ] as const) {
      for (const [who, wanted] of [
        [asViewer, viewers],
        [asEditor, editors],
        [{}, admins],
      ] as const) {
        const { out } = await kubectl(`auth can-i ${question}`, who)
        assert.match(out, new RegExp(`^${wanted}\\b`, 'm'), `${question} ${out}`)
      }
    }
    assert.match(
      await done('auth can-i --list', asEditor),
      /^virtualservices\.networking\.istio\.io +\[\] +\[\] +\[get list watch create delete deletecollection patch update\]$/m,
    )
  })
})

const policy = (mode: string): string =>
  `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: mode, namespace: shop}\nspec: {mtls: {mode: ${mode}}}\n`

const wrongService =
  'apiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: shop}\nspec: {ports: [{port: 99999}]}\n'
