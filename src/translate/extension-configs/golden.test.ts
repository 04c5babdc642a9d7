import path from 'node:path'
import { translateGoldenSuite } from '../../../test/support/translate-golden.ts'
import { extensionConfigsKind } from './kind.ts'

translateGoldenSuite(path.join(import.meta.dirname, 'testdata'), { 'extension-configs': [extensionConfigsKind] })
