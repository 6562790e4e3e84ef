import type { FactOption } from '../../../shared/forms/form.ts'
import {
  vaultKeyRotationScreenProblems,
  vaultKeyRotationScreens,
} from '../../../shared/forms/vault-key-rotation-draft.ts'
import { vaultKeyRotationForm } from '../../../shared/forms/vault-key-rotation.ts'
import type { JobFront } from '../front.ts'
import { runbooks } from '../sqlserver/exports.ts'
import { serverFront } from '../sqlserver/front.ts'
import { readFacts } from './facts.ts'
import { vaultKeyRotation } from './index.ts'
import { formFacts } from './options.ts'
import { preview } from './preview.ts'

/** The job as the window sees it. Both lists are of the connected targets at the moment they are asked for. */
export const vaultKeyRotationFront = (
  targets: () => readonly FactOption[],
  subscriptions: () => readonly FactOption[],
): JobFront =>
  serverFront(
    {
      job: vaultKeyRotation,
      form: vaultKeyRotationForm,
      screens: vaultKeyRotationScreens,
      screenProblems: vaultKeyRotationScreenProblems,
      readFacts: (answers, reader) =>
        readFacts(answers, reader, (target) => subscriptions().some(({ value }) => value === target)),
      formFacts: (screen, answers, facts, servers, now) =>
        formFacts({ screen, answers, facts, servers, subscriptions: subscriptions(), now }),
      preview,
      exports: runbooks,
    },
    targets,
  )
