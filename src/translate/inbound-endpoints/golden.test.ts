import { fileURLToPath } from 'node:url'
import { translateGoldenSuite } from '../../../test/support/translate-golden.ts'
import { inboundEndpointsKind } from './kind.ts'

translateGoldenSuite(fileURLToPath(new URL('./testdata', import.meta.url)), { endpoints: [inboundEndpointsKind] })
