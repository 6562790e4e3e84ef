import type { AzureConnection } from '../../../shared/ipc/schemas.ts'
import { keptHandle } from '../connection-words.ts'
import { useSignInForm, type SignInForm } from '../form/use-sign-in-form.ts'
import {
  azureAnswers,
  azureFormState,
  azureProblems,
  isMoved,
  type AzureFormState,
} from './azure-form-state.ts'
import { secretFieldOf } from './texts.ts'

const words = {
  dropped: 'The kept secret was dropped; enter it again',
  willDrop:
    'Cloud, tenant, subscription or client changed, so the kept secret is dropped on saving; enter it again',
  typed: 'The secret that you typed and other changes on this page are not saved.',
}

/** The form of an Azure subscription. */
export const useAzureForm = (before: AzureConnection | null): SignInForm<AzureFormState> =>
  useSignInForm({
    before: before === null ? null : { id: before.id, handle: keptHandle(before) },
    stored: () => azureFormState(before),
    begun: () => azureFormState(before),
    answersOf: azureAnswers,
    problemsIn: azureProblems,
    isMoved: (form) => before !== null && isMoved(before, form),
    secretFieldOf,
    words,
  })
