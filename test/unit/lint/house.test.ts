import { describe, expect, it } from 'vitest'
import { whyNot } from '../../../build/lint/house.mjs'

describe('rules of direction', () => {
  it.each([
    ['renderer/app/frame.tsx', 'electron/ipc/router.ts'],
    ['renderer/app/frame.tsx', 'node:fs'],
    ['renderer/app/frame.tsx', 'sandbox/sqlserver/main.ts'],
    ['shared/model/ids.ts', 'electron/ports/clock.ts'],
    ['shared/model/ids.ts', 'node:crypto'],
    ['electron/engine/engine.ts', 'electron/wizards/encrypted-backup/index.ts'],
    ['electron/engine/engine.ts', 'electron/targets/sqlserver/server.ts'],
    ['electron/scripts/tsql/quote.ts', 'electron/platform/clock.ts'],
    ['electron/scripts/tsql/quote.ts', 'node:fs'],
    ['electron/formats/pvk.ts', 'node:net'],
    ['electron/formats/slip39/split.ts', 'electron/platform/random.ts'],
    ['electron/formats/slip39/split.ts', 'slip39'],
    ['electron/wizards/encrypted-backup/plan.ts', 'electron/targets/sqlserver/server.ts'],
    ['electron/wizards/encrypted-backup/plan.ts', 'electron/engine/engine.ts'],
    ['electron/wizards/encrypted-backup/plan.ts', 'tedious'],
    ['electron/wizards/encrypted-backup/plan.ts', 'electron/wizards/tde/plan.ts'],
    ['electron/wizards/sqlserver/steps/backup.ts', 'electron/wizards/encrypted-backup/plan.ts'],
    ['electron/program.ts', 'tedious'],
    ['electron/program.ts', 'electron'],
    ['electron/program.ts', 'sandbox/sqlserver/main.ts'],
    ['electron/targets/sqlserver/server.ts', 'electron/keyring/keyring.ts'],
    ['sandbox/sqlserver/files/pvk.ts', 'electron/formats/pvk.ts'],
    ['sandbox/sqlserver/main.ts', 'electron/engine/engine.ts'],
    ['electron/record/offline/keyturn-audit-verify.mjs', 'electron/record/entry-hash.ts'],
    ['electron/record/offline/keyturn-audit-verify.mjs', 'shared/model/record.ts'],
    ['electron/escrow/register.ts', 'electron/keyring/keyring.ts'],
    ['electron/escrow/package/write.ts', 'electron/targets/storage/blobs.ts'],
    ['newfolder/thing.ts', 'shared/model/ids.ts'],
  ])('%s may not import %s', (from, target) => {
    expect(whyNot(from, target)).not.toBeNull()
  })

  it.each([
    ['renderer/app/frame.tsx', 'shared/ipc/contract.ts'],
    ['electron/engine/engine.ts', 'electron/ports/sql-server.ts'],
    ['electron/wizards/encrypted-backup/plan.ts', 'electron/engine/contract.ts'],
    ['electron/wizards/encrypted-backup/plan.ts', 'electron/wizards/sqlserver/plan-parts.ts'],
    ['electron/wizards/encrypted-backup/front.ts', 'electron/wizards/front.ts'],
    ['electron/targets/sqlserver/session.ts', 'tedious'],
    ['electron/shell/electron/window.ts', 'electron'],
    ['electron/wizards/encrypted-backup/plan.ts', 'electron/escrow/place.ts'],
    ['electron/formats/pvk.ts', 'node:crypto'],
    ['electron/formats/slip39/split.ts', 'electron/platform/secret-bytes.ts'],
    ['test/witness/shares.test.ts', 'slip39'],
    ['sandbox/sqlserver/main.ts', 'electron/platform/random.ts'],
    ['test/contract/sqlserver-port.ts', 'sandbox/sqlserver/tds/server.ts'],
  ])('%s may import %s', (from, target) => {
    expect(whyNot(from, target)).toBeNull()
  })
})
