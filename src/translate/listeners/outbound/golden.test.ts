import path from 'node:path'
import { translateGoldenSuite } from '../../../../test/support/translate-golden.ts'
import { outboundListenersKind } from './kind.ts'

translateGoldenSuite(path.join(import.meta.dirname, 'testdata'), { listeners: [outboundListenersKind] })
