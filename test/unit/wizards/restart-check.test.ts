import { describe, expect, it } from 'vitest'
import { restartCheck } from '../../../electron/wizards/sqlserver/restart-trap.ts'
import { certificate, keyThere, read, unread } from './samples.ts'

const closed = read(keyThere(false))
const idle = certificate({ backups: 0, protects: [] })

describe('what works now and not after a restart', () => {
  it.each([
    ['the server opens the key by itself', read(keyThere()), unread(), 'ok'],
    ['there is no master key', read(null), unread(), 'ok'],
    ['the key was not read', unread(), read([idle]), 'unknown'],
    ['a closed key, and certificates that were not read', closed, unread(), 'unknown'],
    [
      'a closed key, and msdb not visible',
      closed,
      read([certificate({ backups: null, protects: [] })]),
      'unknown',
    ],
    [
      'a closed key, and encryption keys not visible',
      closed,
      read([certificate({ backups: 0, protects: null })]),
      'unknown',
    ],
    ['a closed key that nothing visible needs', closed, read([idle]), 'ok'],
    [
      'what is not visible under a password of its own does not count',
      closed,
      read([certificate({ privateKey: 'PW', backups: null, protects: null })]),
      'ok',
    ],
    ['a closed key under TDE', closed, read([certificate({ protects: ['Sales'], backups: null })]), 'failed'],
    ['a closed key that backups need', closed, read([certificate({ backups: 12 })]), 'failed'],
  ])('%s', (_, masterKey, certificates, state) => {
    expect(restartCheck({ masterKey, certificates }).state).toBe(state)
  })
})
