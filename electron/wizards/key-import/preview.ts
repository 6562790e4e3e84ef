import { importTasks, type KeyImportDraft } from '../../../shared/forms/key-import-draft.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { noAzureFacts } from '../azure/no-facts.ts'
import { blanksOf, markBlank, previewOf, type Preview } from '../sqlserver/preview-parts.ts'
import type { Facts, VaultSide } from './facts-model.ts'
import { planKeyImport } from './plan.ts'

/** The calls that the answers so far lead to; blanks as ‹name›, files as «transfer_file». */
export const preview = (answers: Answers, facts: Facts | null): Preview => {
  const draft = withBlanks(answers)
  const { statements, refused } = previewOf(
    () => planKeyImport(draft, withSides(facts ?? noFacts, draft), markBlank).plan,
  )
  return { refused, statements: statements.map(({ title, text }) => ({ title, text: readable(text) })) }
}

/** A blank in an address is no name yet: it is shown as it is in the text. */
const readable = (text: string): string =>
  text.replace(/%E2%80%B9(?:[A-Za-z0-9_.~-]|%[0-9A-F]{2})*%E2%80%BA/gi, (blank) => decodeURIComponent(blank))

/** A vault that is not chosen yet has its step all the same. */
const withSides = (facts: Facts, draft: KeyImportDraft): Facts => {
  const side = (field: VaultSide['field'], host: string): VaultSide =>
    facts.sides.find((one) => one.field === field) ?? {
      field,
      host,
      name: host,
      region: '',
      settings: null,
      hsm: null,
      rights: null,
      key: null,
      file: null,
      kek: null,
    }
  const second = draft.second && draft.task !== 'restore'
  return {
    ...facts,
    sides: [side('vault', draft.vault), ...(second ? [side('secondVault', draft.secondVault)] : [])],
  }
}

const noFacts: Facts = {
  ...noAzureFacts,
  sides: [],
  names: null,
  placeLabel: null,
  backup: null,
  source: null,
  token: null,
  publicNames: null,
  publicFile: null,
  origin: null,
  server: null,
}

const withBlanks = (answers: Answers): KeyImportDraft => {
  const { text, flag, oneOf } = blanksOf(answers)
  return {
    azure: text('azure', ''),
    task: oneOf('task', importTasks),
    vault: text('vault', '‹vault›'),
    second: flag('second', false),
    secondVault: text('secondVault', '‹second vault›'),
    keyName: text('keyName', '‹key›'),
    exchangeName: text('exchangeName', '‹key›'),
    exchangeBits: oneOf('exchangeBits', ['4096', '3072', '2048']),
    place: null,
    file: text('file', '‹file›'),
    secondFile: text('secondFile', '‹file›'),
    backupFile: text('backupFile', '‹file›'),
    backupOf: '',
    origin: oneOf('origin', ['token', 'file']),
    hsm: text('hsm', ''),
    tokenKey: text('tokenKey', ''),
    publicPlace: null,
    publicFile: text('publicFile', '‹file›'),
    sql: text('sql', ''),
    sqlKey: text('sqlKey', '‹key›'),
  }
}
