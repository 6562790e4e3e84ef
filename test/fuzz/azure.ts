import fc from 'fast-check'
import { KeyturnError } from '../../shared/errors/problem.ts'
import { displayScript } from '../../shared/model/script.ts'
import { deleteLock, deleteVault, putGroup } from '../../electron/scripts/azure/control.ts'
import { postApplication } from '../../electron/scripts/azure/directory.ts'

/** Calls of Azure: a name stays one segment of its address, or one text of its body, or is refused. */

const place = { cloud: 'public', subscription: '22222222-2222-4222-8222-222222222222' } as const
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.string({ unit: 'grapheme', maxLength: 128 }),
  fc.constantFrom('..', '../x', 'a/b', '?x=1', '#', '%2F', '%', "'", '"', '«x»', 'a b', '\n'),
)

const orRefused = (work: () => boolean): boolean => {
  try {
    return work()
  } catch (error) {
    return error instanceof KeyturnError
  }
}

const segmentsOf = (call: string): string[] => {
  const address = (call.split('\n')[0] ?? '').replace(/^\S+ https:\/\//, '')
  // As a client reads it: it would take `..` for a way up.
  return new URL(`https://${address}`).pathname.split('/')
}

export const azureNames = (runs: number): void =>
  fc.assert(
    fc.property(text, text, (one, other) =>
      orRefused(() => {
        const vault = segmentsOf(displayScript(deleteVault(place, one, other)))
        const lock = segmentsOf(displayScript(deleteLock(place, '/subscriptions/s', other)))
        return (
          vault.length === 9 &&
          decodeURIComponent(vault[4] ?? '') === one &&
          decodeURIComponent(vault[8] ?? '') === other &&
          decodeURIComponent(lock.at(-1) ?? '') === other
        )
      }),
    ),
    { numRuns: runs },
  )

export const azureBodies = (runs: number): void =>
  fc.assert(
    fc.property(text, (value) =>
      orRefused(() => {
        const bodyOf = (call: string): unknown => JSON.parse(call.slice(call.indexOf('\n\n')))
        const application = bodyOf(displayScript(postApplication('public', value, 'mark')))
        const group = bodyOf(displayScript(putGroup(place, 'g', { region: value, tags: { [value]: value } })))
        return (
          (application as { displayName: string }).displayName === value &&
          (group as { location: string; tags: Record<string, string> }).tags[value] === value
        )
      }),
    ),
    { numRuns: runs },
  )
