import { execFileSync } from 'node:child_process'
import type { Answers } from '../../shared/forms/form.ts'
import type { TokenKeyRow } from '../../shared/model/token-key.ts'
import type { HsmToken } from '../../electron/ports/hsm.ts'
import type { Ask } from './ask.ts'

const everything = { sort: null, search: '', filters: [], offset: 0, limit: 100 }

/** Logs in, reads the keys of the token as its page does, and gives its rows. */
export const readKeys = async (ask: Ask, id: string): Promise<TokenKeyRow[]> => {
  await ask('hsm.readKeys', { id })
  return (await ask('hsm.keys', { id, page: everything })).rows
}

export const heldKeys = async (ask: Ask, id: string) => ask('hsm.keys', { id, page: everything })

export const careAnswers = (hsm: string, changes: Answers = {}): Answers => ({
  hsm,
  pinMode: 'kept',
  pin: null,
  task: 'label',
  key: '',
  newLabel: '',
  confirmation: '',
  ...changes,
})

/** Another program of the same token: it does what ours refuses, such as a second pair under one id. */
export const pkcs11Tool = ({ ref }: HsmToken, pin: string, ...args: string[]): string =>
  execFileSync(
    'pkcs11-tool',
    ['--module', ref.module.path, '--token-label', ref.label, '--login', '--pin', pin, ...args],
    {
      env: { PATH: process.env['PATH'], SOFTHSM2_CONF: ref.module.configuration?.SOFTHSM2_CONF },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
