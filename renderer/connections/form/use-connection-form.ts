import type { SqlConnection } from '../../../shared/ipc/schemas.ts'
import { keptHandle } from '../connection-words.ts'
import { answersOf, formStateOf, isMoved, problemsIn, type FormState } from './form-state.ts'
import { secretFieldOf } from './texts.ts'
import { useSignInForm, type SignInForm } from './use-sign-in-form.ts'

const words = {
  dropped: 'The kept password was dropped; enter it again',
  willDrop: 'Host, port or trust changed, so the kept password is dropped on saving; enter it again',
  typed: 'The password that you typed and other changes on this page are not saved.',
}

/** The form of a SQL Server. `pin`: a certificate to put in as the trust; null: as stored. */
export const useConnectionForm = (before: SqlConnection | null, pin: string | null): SignInForm<FormState> =>
  useSignInForm({
    before: before === null ? null : { id: before.id, handle: keptHandle(before) },
    stored: () => formStateOf(before, null),
    begun: () => formStateOf(before, pin),
    answersOf,
    problemsIn,
    isMoved: (form) => before !== null && isMoved(before, form),
    secretFieldOf,
    words,
  })
