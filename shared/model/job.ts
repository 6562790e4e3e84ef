/** The jobs of this version. A job is a form in `shared/forms`, a folder in `electron/wizards` and a line here. */
export const jobIds = [
  'encrypted-backup',
  'restore-drill',
  'master-key',
  'certificate',
  'backup-certificate-rotation',
  'tde',
  'move-database',
  'vault',
  'credential',
  'tde-vault-key',
  'vault-key-rotation',
  'ekm-clean-up',
  'connector-upgrade',
  'hsm-key',
  'hsm-key-care',
  'key-import',
  'escrow-export',
  'escrow-drill',
  'escrow-rewrap',
] as const
export type JobId = (typeof jobIds)[number]
