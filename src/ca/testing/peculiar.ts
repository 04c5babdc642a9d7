/** @peculiar/x509, ready for use: it wants a reflection polyfill loaded before it and a crypto provider set after. */

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

export { x509 }
