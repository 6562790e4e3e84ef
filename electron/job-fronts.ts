import type { FactOption } from '../shared/forms/form.ts'
import { backupCertificateRotationFront } from './wizards/backup-certificate-rotation/front.ts'
import { certificateFront } from './wizards/certificate/front.ts'
import { connectorUpgradeFront } from './wizards/connector-upgrade/front.ts'
import { credentialFront } from './wizards/credential/front.ts'
import { cleanUpFront } from './wizards/ekm-clean-up/front.ts'
import { hsmKeyFront } from './wizards/hsm-key/front.ts'
import { hsmKeyCareFront } from './wizards/hsm-key-care/front.ts'
import type { CareMeans } from './wizards/hsm-key-care/facts-model.ts'
import { keyImportFront } from './wizards/key-import/front.ts'
import { encryptedBackupFront } from './wizards/encrypted-backup/front.ts'
import { escrowDrillFront } from './wizards/escrow-drill/front.ts'
import { escrowExportFront } from './wizards/escrow-export/front.ts'
import { escrowRewrapFront } from './wizards/escrow-rewrap/front.ts'
import { masterKeyFront } from './wizards/master-key/front.ts'
import { moveDatabaseFront } from './wizards/move-database/front.ts'
import { restoreDrillFront } from './wizards/restore-drill/front.ts'
import { tdeFront } from './wizards/tde/front.ts'
import { vaultKeyRotationFront } from './wizards/vault-key-rotation/front.ts'
import { tdeVaultKeyFront } from './wizards/tde-vault-key/front.ts'
import { vaultFront } from './wizards/vault/front.ts'
import type { EscrowMeans } from './escrow/means.ts'
import {
  serverOptions,
  subscriptionOptions,
  tokenOptions,
  vaultOptions,
} from './profile/choosable-targets.ts'
import type { Connections } from './profile/connections.ts'
import type { JobFronts } from './wizards/front.ts'

/** Every job of this version as the window sees it. Each lists what is connected at the moment it is called. */
export const jobFronts = (
  connections: Pick<Connections, 'list' | 'sqlServers'>,
  escrow: EscrowMeans,
  care: CareMeans,
): JobFronts => {
  const targets = (): FactOption[] => serverOptions(connections)
  const subscriptions = (): FactOption[] => subscriptionOptions(connections)
  const tokens = (): FactOption[] => tokenOptions(connections)
  const vaults = (): FactOption[] => vaultOptions(connections)
  return new Map(
    [
      encryptedBackupFront(targets),
      restoreDrillFront(targets),
      masterKeyFront(targets),
      certificateFront(targets),
      backupCertificateRotationFront(targets),
      tdeFront(targets),
      moveDatabaseFront(targets),
      vaultFront(subscriptions),
      credentialFront(targets, subscriptions),
      tdeVaultKeyFront(targets, subscriptions),
      vaultKeyRotationFront(targets, subscriptions),
      cleanUpFront(targets),
      connectorUpgradeFront(targets),
      hsmKeyFront(tokens, vaults, escrow),
      hsmKeyCareFront(tokens, care),
      keyImportFront(subscriptions, tokens, targets),
      escrowExportFront(escrow, targets),
      escrowDrillFront(escrow, targets, tokens),
      escrowRewrapFront(escrow),
    ].map((front) => [front.form.job, front]),
  )
}
