/** `sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local` → `web-1.shop`: how people are told of a proxy. */
export function proxyNameOf(node: string): string {
  return node.split('~')[2] ?? node
}
