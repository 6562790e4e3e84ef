import { hsmKeyForm } from '../../../shared/forms/hsm-key.ts'
import { hsmKeyScreenProblems, hsmKeyScreens } from '../../../shared/forms/hsm-key-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import type { EscrowMeans } from '../../escrow/means.ts'
import { runbookMarkdown } from '../../scripts/runbook/markdown.ts'
import type { JobFront } from '../front.ts'
import { exportName } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { hsmKey } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. Both list what is connected at the moment they are called. */
export const hsmKeyFront = (
  tokens: () => readonly FactOption[],
  vaults: () => readonly FactOption[],
  means: EscrowMeans,
): JobFront => {
  const vaultIds = (): string[] => vaults().map(({ value }) => value)
  return serverFront(
    {
      job: hsmKey(means, vaultIds),
      form: hsmKeyForm,
      screens: hsmKeyScreens,
      screenProblems: hsmKeyScreenProblems,
      // Every connected vault is asked which of its keys wrap imports.
      readFacts: (answers, reader) => readFacts(answers, reader, means, vaultIds()),
      formFacts: (...asked) =>
        formFacts(...asked, new Map(vaults().map(({ value, label }) => [value, label]))),
      preview,
      exports: { 'runbook-md': { fileName: exportName('runbook', 'md'), text: runbookMarkdown } },
    },
    tokens,
  )
}
