import { hsmKeyCareForm } from '../../../shared/forms/hsm-key-care.ts'
import {
  careNameProblem,
  hsmKeyCareScreenProblems,
  hsmKeyCareScreens,
} from '../../../shared/forms/hsm-key-care-draft.ts'
import type { FactOption } from '../../../shared/forms/form.ts'
import { runbookMarkdown } from '../../scripts/runbook/markdown.ts'
import type { JobFront } from '../front.ts'
import { exportName } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { nameToType } from './copy-words.ts'
import type { CareMeans } from './facts-model.ts'
import { readFacts } from './facts.ts'
import { hsmKeyCare } from './index.ts'
import { formFacts, nameAsked } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. `tokens` lists the connected ones at the moment it is called. */
export const hsmKeyCareFront = (tokens: () => readonly FactOption[], means: CareMeans): JobFront =>
  serverFront(
    {
      job: hsmKeyCare(means),
      form: hsmKeyCareForm,
      screens: hsmKeyCareScreens,
      screenProblems: hsmKeyCareScreenProblems,
      factProblems: (screen, answers, facts) =>
        screen === 'copies' && facts.key !== null && nameAsked(answers, facts)
          ? careNameProblem(answers, nameToType(facts.key))
          : [],
      readFacts: (answers, reader) => readFacts(answers, reader, means),
      formFacts,
      preview,
      exports: { 'runbook-md': { fileName: exportName('runbook', 'md'), text: runbookMarkdown } },
    },
    tokens,
  )
