import type { Verdicts } from '../../electron/ports/verdicts.ts'

/** Verdicts of a world in which nothing needs any key. */
export const noUsers: Verdicts = {
  certificate: async () => ({ state: 'unused', checked: ['msdb'] }),
  asymmetricKey: async () => ({ users: [], notRead: [], mayNeed: [], checked: ['msdb'] }),
  databaseMasterKey: async () => ({ state: 'unused', checked: ['catalog'] }),
  copies: async () => ({
    of: () => ({ vaults: [], servers: [], packages: [] }),
    asked: ['nothing'],
    notAsked: [],
  }),
}
