import type { CatalogueEntry } from './catalogue-entry.ts'
import { azureErrors } from './catalogue-azure.ts'
import { blobBackupErrors } from './catalogue-blob-backup.ts'
import { ceremonyErrors } from './catalogue-ceremony.ts'
import { cleanUpErrors } from './catalogue-clean-up.ts'
import { cmsErrors } from './catalogue-cms.ts'
import { doctorErrors } from './catalogue-doctor.ts'
import { drillErrors } from './catalogue-drill.ts'
import { connectorErrors, ekmErrors } from './catalogue-ekm.ts'
import { engineErrors } from './catalogue-engine.ts'
import { entraErrors } from './catalogue-entra.ts'
import { escrowDrillErrors } from './catalogue-escrow-drill.ts'
import { escrowExportErrors } from './catalogue-escrow-export.ts'
import { escrowRewrapErrors } from './catalogue-escrow-rewrap.ts'
import { filesAndKeyring } from './catalogue-files.ts'
import { hostErrors } from './catalogue-host.ts'
import { hsmErrors } from './catalogue-hsm.ts'
import { hsmKeyErrors } from './catalogue-hsm-keys.ts'
import { hsmTargetErrors } from './catalogue-hsm-targets.ts'
import { keyringErrors } from './catalogue-keyring.ts'
import { moveErrors } from './catalogue-move.ts'
import { packageErrors } from './catalogue-package.ts'
import { programErrors } from './catalogue-program.ts'
import { shareErrors } from './catalogue-share.ts'
import { storageErrors } from './catalogue-storage.ts'
import { sqlServerErrors } from './catalogue-sqlserver.ts'
import { tdeErrors } from './catalogue-tde.ts'
import { vaultErrors } from './catalogue-vault.ts'
import { importErrors } from './catalogue-import.ts'
import { vaultJobErrors } from './catalogue-vault-job.ts'

/** Every error that Keyturn can show. A code that is not here can't be thrown: the compiler says so. */
export const catalogue = {
  ...programErrors,
  ...filesAndKeyring,
  ...keyringErrors,
  ...moveErrors,
  ...sqlServerErrors,
  ...engineErrors,
  ...ekmErrors,
  ...connectorErrors,
  ...blobBackupErrors,
  ...tdeErrors,
  ...drillErrors,
  ...azureErrors,
  ...entraErrors,
  ...vaultErrors,
  ...importErrors,
  ...vaultJobErrors,
  ...doctorErrors,
  ...hostErrors,
  ...hsmErrors,
  ...hsmKeyErrors,
  ...hsmTargetErrors,
  ...storageErrors,
  ...cleanUpErrors,
  ...packageErrors,
  ...cmsErrors,
  ...shareErrors,
  ...ceremonyErrors,
  ...escrowExportErrors,
  ...escrowRewrapErrors,
  ...escrowDrillErrors,
} as const

export type ErrorCode = keyof typeof catalogue
export type ErrorParams = Readonly<Record<string, string | number>>

/** The entry without its literal types, for code that reads any of them. */
export const entryOf = (code: ErrorCode): CatalogueEntry => catalogue[code]
