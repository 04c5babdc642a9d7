/** Discovery and the OpenAPI documents. */

import type { Route, RouteAnswer, RouteRequest } from '../../admin/routes/route.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { meshwrightVersion } from '../../platform/version.ts'
import type { JsonObject } from '../json-value.ts'
import { acceptsAggregatedDiscovery } from '../media-type.ts'
import { openApiDocument, openApiIndex, wholeOpenApi } from '../openapi/documents.ts'
import { refuse } from '../refuse.ts'
import {
  aggregatedDiscovery,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
  versionDocument,
} from '../resources/discovery.ts'
import { acceptedBy, encoded } from './object-request.ts'

const reading = { side: 'management', method: 'GET', access: 'viewer', audit: 'no', refuse } as const

export const discoveryRoutes: readonly Route[] = [
  {
    ...reading,
    path: '/api',
    handle: (_daemon, request) => discovered(request, 'core', () => coreVersions(request.headers.host ?? '')),
  },
  { ...reading, path: '/apis', handle: (_daemon, request) => discovered(request, 'named', groupList) },
  {
    ...reading,
    path: '/apis/:group',
    handle: (_daemon, request) => found(request, groupDocument(request.parameters.group ?? '')),
  },
  { ...reading, path: '/api/v1', handle: (_daemon, request) => found(request, resourceList('', 'v1')) },
  {
    ...reading,
    path: '/apis/:group/:version',
    handle(_daemon, request) {
      const { group = '', version = '' } = request.parameters
      return found(request, resourceList(group, version))
    },
  },
  { ...reading, path: '/version', handle: (_daemon, request) => found(request, versionDocument(meshwrightVersion)) },
  { ...reading, path: '/openapi/v3', handle: (_daemon, request) => found(request, openApiIndex()) },
  { ...reading, path: '/openapi.json', handle: (_daemon, request) => found(request, wholeOpenApi()) },
  {
    ...reading,
    path: '/openapi/v3/api/v1',
    handle: (_daemon, request) => found(request, openApiDocument('', 'v1')),
  },
  {
    ...reading,
    path: '/openapi/v3/apis/:group/:version',
    handle(_daemon, request) {
      const { group = '', version = '' } = request.parameters
      return found(request, openApiDocument(group, version))
    },
  },
]

function discovered(request: RouteRequest, which: 'core' | 'named', plain: () => JsonObject): RouteAnswer {
  if (!acceptsAggregatedDiscovery(request.headers.accept)) return encoded(plain(), acceptedBy(request))
  return {
    status: 200,
    contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    body: `${JSON.stringify(aggregatedDiscovery(which))}\n`,
  }
}

function found(request: RouteRequest, document: JsonObject | undefined): RouteAnswer {
  if (document === undefined) {
    throw new MeshwrightError('PATH_UNKNOWN', { message: 'the server could not find the requested resource' })
  }
  return encoded(document, acceptedBy(request))
}
