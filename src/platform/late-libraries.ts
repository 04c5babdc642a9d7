/**
 * Libraries that most runs do without, loaded when they are first needed: together they take a third of the time in which a
 * daemon starts, and most of that of a command (bench/start.ts). Each is loaded once.
 */

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const yamlLibrary = (): typeof import('yaml') => require('yaml')
export const joseLibrary = (): typeof import('jose') => require('jose')
export const grpcLibrary = (): typeof import('@grpc/grpc-js') => require('@grpc/grpc-js')
export const celLibrary = (): typeof import('@marcbachmann/cel-js') => require('@marcbachmann/cel-js')
export const diffLibrary = (): typeof import('diff') => require('diff')
