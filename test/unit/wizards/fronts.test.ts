import { describe, expect, it } from 'vitest'
import { paramsByKind } from '../../../electron/scripts/runbook/step-params.ts'
import { backupCertificateRotationFront } from '../../../electron/wizards/backup-certificate-rotation/front.ts'
import { certificateFront } from '../../../electron/wizards/certificate/front.ts'
import { cleanUpFront } from '../../../electron/wizards/ekm-clean-up/front.ts'
import { encryptedBackupFront } from '../../../electron/wizards/encrypted-backup/front.ts'
import { hsmKeyFront } from '../../../electron/wizards/hsm-key/front.ts'
import { hsmKeyCareFront } from '../../../electron/wizards/hsm-key-care/front.ts'
import { escrowDrillFront } from '../../../electron/wizards/escrow-drill/front.ts'
import { escrowExportFront } from '../../../electron/wizards/escrow-export/front.ts'
import { escrowRewrapFront } from '../../../electron/wizards/escrow-rewrap/front.ts'
import { keyImportFront } from '../../../electron/wizards/key-import/front.ts'
import { restoreDrillFront } from '../../../electron/wizards/restore-drill/front.ts'
import { masterKeyFront } from '../../../electron/wizards/master-key/front.ts'
import { tdeFront } from '../../../electron/wizards/tde/front.ts'
import { moveDatabaseFront } from '../../../electron/wizards/move-database/front.ts'
import { connectorUpgradeFront } from '../../../electron/wizards/connector-upgrade/front.ts'
import { credentialFront } from '../../../electron/wizards/credential/front.ts'
import { tdeVaultKeyFront } from '../../../electron/wizards/tde-vault-key/front.ts'
import { vaultFront } from '../../../electron/wizards/vault/front.ts'
import { vaultKeyRotationFront } from '../../../electron/wizards/vault-key-rotation/front.ts'
import { jobIds } from '../../../shared/model/job.ts'
import { noEscrow } from '../../support/no-escrow.ts'
import { noReadings } from '../../support/no-readings.ts'

const fronts = [
  encryptedBackupFront(() => []),
  restoreDrillFront(() => []),
  masterKeyFront(() => []),
  certificateFront(() => []),
  backupCertificateRotationFront(() => []),
  tdeFront(() => []),
  moveDatabaseFront(() => []),
  vaultFront(() => []),
  connectorUpgradeFront(() => []),
  credentialFront(
    () => [],
    () => [],
  ),
  tdeVaultKeyFront(
    () => [],
    () => [],
  ),
  vaultKeyRotationFront(
    () => [],
    () => [],
  ),
  cleanUpFront(() => []),
  hsmKeyFront(
    () => [],
    () => [],
    noEscrow,
  ),
  hsmKeyCareFront(() => [], { readings: noReadings, openKeys: () => [] }),
  escrowExportFront(noEscrow, () => []),
  keyImportFront(
    () => [],
    () => [],
    () => [],
  ),
  escrowDrillFront(
    noEscrow,
    () => [],
    () => [],
  ),
  escrowRewrapFront(noEscrow),
]

describe('every job', () => {
  it('has one front', () => {
    expect(fronts.map(({ form }) => form.job).sort()).toEqual([...jobIds].sort())
  })

  it.each(fronts.map((front) => [front.form.job, front] as const))(
    '%s: form and job belong together',
    (id, front) => {
      expect(front.job.id).toBe(id)
      expect(Object.keys(front.exports).sort()).toEqual([...front.form.exports].sort())
      expect(front.form.screens.length).toBeLessThanOrEqual(4)
      const names = front.form.screens.flatMap(({ fields }) => fields.map(({ name }) => name))
      for (const target of front.form.targetFields) expect(names).toContain(target)
    },
  )

  it('knows the parameters of each kind of step that some job can run', () => {
    const kinds = new Set(fronts.flatMap(({ job }) => Object.keys(job.steps)))
    expect([...kinds].sort()).toEqual(Object.keys(paramsByKind).sort())
  })
})
