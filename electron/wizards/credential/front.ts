import { credentialForm } from '../../../shared/forms/credential.ts'
import { credentialScreenProblems, credentialScreens } from '../../../shared/forms/credential-draft.ts'
import { isForStorage, storageScreenProblems } from '../../../shared/forms/credential-storage-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { credential, type AnyFacts } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'
import { readStorageFacts } from './storage/facts.ts'
import { storageFormFacts } from './storage/options.ts'
import { storagePreview } from './storage/preview.ts'

/** The job as the window sees it. Both lists are of the connections at the moment they are called. */
export const credentialFront = (
  targets: () => readonly FactOption[],
  subscriptions: () => readonly FactOption[],
): JobFront =>
  serverFront(
    {
      job: credential,
      form: credentialForm,
      screens: credentialScreens,
      screenProblems: (screen, answers) =>
        isForStorage(answers)
          ? storageScreenProblems(screen, answers)
          : credentialScreenProblems(screen, answers),
      readFacts: async (answers, reader): Promise<AnyFacts> =>
        isForStorage(answers)
          ? { use: 'storage', facts: await readStorageFacts(answers, reader) }
          : { use: 'key-vault', facts: await readFacts(answers, reader) },
      formFacts: (screen, answers, read, servers, now) => {
        const connections = { targets: servers, subscriptions: subscriptions() }
        // Only the lists of connections and what they suggest: the same for both uses.
        const common = formFacts(screen, answers, null, connections, now)
        const suggested = {
          ...common.suggested,
          use: { value: 'key-vault', because: 'Keys of databases and backups hang on it' },
        } as const
        if (read?.use === 'storage')
          return storageFormFacts(screen, answers, read.facts, common.options, suggested)
        const shown = formFacts(screen, answers, read?.facts ?? null, connections, now)
        return { ...shown, suggested: { ...suggested, ...shown.suggested } }
      },
      preview: (answers, read) =>
        isForStorage(answers)
          ? storagePreview(answers, read?.use === 'storage' ? read.facts : null)
          : preview(answers, read?.use === 'key-vault' ? read.facts : null),
      exports: runbooks,
    },
    targets,
  )
