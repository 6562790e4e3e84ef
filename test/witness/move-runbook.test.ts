/**
 * The runbook of a move, whose parts run on two simulated servers in turn, given to FreeTDS `tsql`, which knows nothing
 * of Keyturn. Named reason for skipping: `tsql` (package freetds-bin) is not installed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runbookSql } from '../../electron/scripts/runbook/sql.ts'
import { partsOf } from '../../electron/scripts/runbook/parts.ts'
import type { Plan } from '../../shared/model/plan.ts'
import { feedTsql, tsqlInstalled } from '../support/tsql.ts'
import {
  keyPassword,
  login,
  moveServers,
  reviewed,
  underTde,
  type MoveServer,
  type MoveServers,
} from '../unit/wizards/move-servers.ts'

let servers: MoveServers
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ktr-runbook-'))
  servers = await moveServers()
  await underTde(servers)
})
afterAll(async () => {
  await servers.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What sqlcmd does with `-v NAME=value` and the environment. */
const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/\$\((\w+)\)/g, (whole, name: string) => values[name] ?? whole)

const give = (server: MoveServer, text: string): Promise<string> => {
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, server.ca)
  const facts = { port: server.port, caPemPath: ca, logins: [{ ...login, roles: ['sysadmin'] }] }
  return feedTsql(facts, folder, text)
}

/** The binary value in a column of what tsql printed. */
const hexIn = (printed: string, longest: boolean): string => {
  const found = [...printed.matchAll(/\b(?:0x)?([0-9A-Fa-f]{200,})\b/g)].map((match) => match[1] ?? '')
  const sorted = found.sort((a, b) => a.length - b.length)
  return (longest ? sorted.at(-1) : sorted[0]) ?? ''
}

describe.skipIf(!tsqlInstalled())('the runbook of a move in tsql (skipped without freetds-bin)', () => {
  let plan: Plan
  let text: string

  it('has its parts in order, each headed with its server', async () => {
    plan = (await reviewed(servers, { newName: 'Moved' })).plan
    text = runbookSql(plan, 'ab'.repeat(32))
    expect(partsOf(plan).map(({ target }) => target.ref.name)).toEqual([
      'KTR-SOURCE',
      'KTR-DEST',
      'KTR-SOURCE',
      'KTR-DEST',
    ])
    expect(text).toContain('-- Part 2 of 4: run this part on KTR-DEST, with PART=2')
  })

  it('a part stops on the other server, and runs nothing of other parts', async () => {
    const printed = await give(
      servers.destination,
      filled(text, { PART: '3', DMK_PASSWORD: keyPassword, THROW_AWAY_PASSWORD: 'Throw-Away-2026-x' }),
    )
    expect(printed).toContain('This is not the server of the plan')
    expect(printed).not.toContain('processed')
    expect(
      await servers.destination.rows("SELECT d.name AS n FROM sys.databases AS d WHERE d.name = N'Moved'"),
    ).toEqual([])
  })

  it('moves the database, part by part', async () => {
    const values = { DMK_PASSWORD: keyPassword, THROW_AWAY_PASSWORD: 'Throw-Away-2026-x' }
    const shown = await give(servers.source, filled(text, { ...values, PART: '1' }))
    expect(shown).not.toContain('Stopped:')
    const [one, two] = [hexIn(shown, false), hexIn(shown, true)]
    // The certificate begins as DER does, the private key as a .pvk.
    const [der, pvk] = /^30/.test(one) ? [one, two] : [two, one]
    const pair = { CERTIFICATE_DER: der, PRIVATE_KEY_PVK: pvk }
    expect(await give(servers.destination, filled(text, { ...values, ...pair, PART: '2' }))).not.toContain(
      'Stopped:',
    )
    expect(await give(servers.source, filled(text, { ...values, PART: '3' }))).toContain(
      'successfully processed',
    )
    const backup = plan.steps.find(({ kind }) => kind === 'restore-moved-database')?.params as {
      file: string
    }
    servers.grant(backup.file)
    const last = await give(servers.destination, filled(text, { ...values, PART: '4' }))
    expect(last).not.toContain('Stopped:')
    expect(
      await servers.destination.rows(
        "SELECT d.state_desc AS state, d.is_master_key_encrypted_by_server AS opens FROM sys.databases AS d WHERE d.name = N'Moved'",
      ),
    ).toEqual([{ state: 'ONLINE', opens: true }])
    expect(await servers.destination.rows('SELECT note FROM Moved.dbo.RehearsalRows')).toEqual([
      { note: 'kept' },
    ])
  })
})
