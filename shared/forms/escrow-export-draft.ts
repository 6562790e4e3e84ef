import { z } from 'zod'
import {
  allOf,
  flag,
  id,
  isHandle,
  optionalId,
  optionalText,
  problemsIn,
  whole,
  type Say,
} from './draft-parts.ts'
import { keyNameProblem, vaultPlaceOf } from '../model/azure.ts'
import { checkPlaces, placesShape, type PlacesDraft } from './escrow-places-draft.ts'
import { existingNameProblem, localKeyFileProblem } from './names.ts'

/** Answers of the job "Escrow export". */

/** Endings of the files that hold a certificate alone. No folder, nothing hidden. */
export const isCertificateFile = (name: string): boolean =>
  /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*\.(cer|crt|der|pem)$/iu.test(name) && name.length <= 200

/** Any plain file of the folder: key files have no ending that all programs agree on. */
export const isKeyFile = (name: string): boolean =>
  /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*$/u.test(name) && name.length <= 200

const keyFileProblem = (name: string): string | null =>
  isKeyFile(name) ? null : 'A key file is not one of the folder. Choose among those that are listed'

const fileProblem = (name: string): string | null =>
  isCertificateFile(name)
    ? null
    : 'A certificate file is not one of the folder. Choose among those that are listed'

const names = z.preprocess((value) => value ?? [], z.array(z.string()))

const keysShape = z.object({
  target: id('No server is chosen. Choose one'),
  certificates: names,
  /** Of certificates that nothing on record uses: a person says that they encrypt. */
  othersEncrypt: flag(false),
  keptPasswords: names,
})

const vaultShape = z.object({
  /** A subscription: its sign-in reaches the vault, and containers as places. */
  azure: optionalId,
  /** Host of the vault or managed HSM. */
  vault: optionalText,
  vaultKeys: names,
})

const filesShape = z.object({
  fileFolder: optionalId,
  certificateFile: optionalText,
  privateKeyFile: optionalText,
  pairPassword: optionalId,
  masterKeyFile: optionalText,
  masterKeyPassword: optionalId,
  serviceKeyFile: optionalText,
  serviceKeyPassword: optionalId,
  vaultBackups: names,
  passphrase: optionalId,
  passphraseName: optionalText,
  passphraseGeneration: z.preprocess(
    (value) => value ?? 1,
    z
      .number({ error: 'The generation is not a number. Enter a whole number from 1 on' })
      .int('The generation is not a whole number. Enter one from 1 on')
      .min(1, 'The generation is below 1. Enter a whole number from 1 on')
      .max(1_000_000, 'The generation is above 1,000,000. Enter a smaller number'),
  ),
  passphraseBackup: optionalText,
})

const recipientsShape = z.object({
  group: optionalId,
  recipientFolder: optionalId,
  custodianFiles: names,
  recoveryFiles: names,
})

export type EscrowExportDraft = z.output<typeof keysShape> &
  z.output<typeof vaultShape> &
  z.output<typeof filesShape> &
  z.output<typeof recipientsShape> &
  PlacesDraft

export const mostCertificates = 20
export const mostPasswords = 40
export const mostVaultKeys = 20

const twice = (values: readonly string[]): boolean => new Set(values).size !== values.length

const checkKeys = (answers: z.output<typeof keysShape>, say: Say<z.output<typeof keysShape>>): void => {
  const { certificates, keptPasswords } = answers
  if (certificates.length > mostCertificates)
    say('certificates', `At most ${mostCertificates} certificates fit in one package. Choose fewer`)
  if (twice(certificates)) say('certificates', 'A certificate is chosen twice. Choose each once')
  for (const name of certificates) say('certificates', existingNameProblem(name, 'The certificate'))
  if (keptPasswords.length > mostPasswords)
    say('keptPasswords', `At most ${mostPasswords} passwords fit in one package. Choose fewer`)
  if (keptPasswords.some((one) => !isHandle(one)))
    say('keptPasswords', 'A password is not known here. Choose again')
  if (twice(keptPasswords)) say('keptPasswords', 'A password is chosen twice. Choose each once')
}

type Vault = z.output<typeof vaultShape>

const checkVault = ({ azure, vault, vaultKeys }: Vault, say: Say<Vault>): void => {
  if (azure !== null && !isHandle(azure)) say('azure', 'The subscription is not known here. Choose again')
  if (vaultKeys.length === 0) return
  if (azure === null) return say('azure', 'Keys of a vault are chosen, and no subscription. Choose it')
  if (vaultPlaceOf(vault) === null) return say('vault', 'No vault is chosen. Choose one that is listed')
  if (vaultKeys.length > mostVaultKeys)
    say('vaultKeys', `At most ${mostVaultKeys} keys of a vault fit in one package. Choose fewer`)
  if (twice(vaultKeys)) say('vaultKeys', 'A key is chosen twice. Choose each once')
  if (vaultKeys.some((name) => keyNameProblem(name, 127) !== null))
    say('vaultKeys', 'A key is none that a vault can have. Choose among those that are listed')
}

type Files = z.output<typeof filesShape> &
  Pick<z.output<typeof keysShape>, 'certificates' | 'keptPasswords'> &
  Pick<Vault, 'vaultKeys'>

const checkFiles = (answers: Files, say: Say<Files>): void => {
  const { fileFolder, certificateFile, privateKeyFile, masterKeyFile, serviceKeyFile } = answers
  const { vaultBackups, passphrase } = answers
  const files = [certificateFile, privateKeyFile, masterKeyFile, serviceKeyFile, ...vaultBackups].filter(
    (one) => one !== '',
  )
  const chosen = [...answers.certificates, ...answers.keptPasswords, ...answers.vaultKeys, ...files]
  if (chosen.length === 0 && passphrase === null)
    return say(
      'certificateFile',
      'Nothing is chosen so far. Choose a certificate, a kept password or a key of a vault on the screens before, or a file or a passphrase here',
    )
  if (files.length > 0 && !isHandle(fileFolder))
    say('fileFolder', 'The folder with the key files is not known here. Pick it again')
  checkPair(answers, say)
  const noPassword = 'The password of the file is not chosen. Without it the file is no copy'
  if (masterKeyFile !== '') {
    say('masterKeyFile', keyFileProblem(masterKeyFile))
    if (!isHandle(answers.masterKeyPassword)) say('masterKeyPassword', noPassword)
  }
  if (serviceKeyFile !== '') {
    say('serviceKeyFile', keyFileProblem(serviceKeyFile))
    if (!isHandle(answers.serviceKeyPassword)) say('serviceKeyPassword', noPassword)
  }
  for (const name of vaultBackups) say('vaultBackups', keyFileProblem(name))
  if (vaultBackups.length > 20) say('vaultBackups', 'At most 20 backups fit in one package. Choose fewer')
  if (twice(files)) say('vaultBackups', 'A file is chosen twice. Choose each once')
  checkPassphrase(answers, say)
}

const checkPair = (answers: Files, say: Say<Files>): void => {
  const { certificateFile, privateKeyFile, pairPassword } = answers
  if (certificateFile === '') {
    if (privateKeyFile !== '')
      say('certificateFile', 'The certificate of the .pvk is not chosen. Choose the .cer beside it')
    return
  }
  say('certificateFile', localKeyFileProblem(certificateFile, 'The certificate file'))
  if (pairPassword !== null && !isHandle(pairPassword))
    say('pairPassword', 'The password is not known here. Choose again')
  if (/\.(pfx|p12)$/i.test(certificateFile)) {
    if (privateKeyFile !== '') say('privateKeyFile', 'A .pfx holds the private key. Choose no second file')
  } else say('privateKeyFile', localKeyFileProblem(privateKeyFile, 'The private key file'))
}

const checkPassphrase = (answers: Files, say: Say<Files>): void => {
  const { passphrase, passphraseName, passphraseBackup } = answers
  if (passphrase === null) return
  if (!isHandle(passphrase)) say('passphrase', 'The passphrase is not kept any more. Enter it again')
  say('passphraseName', lineProblem(passphraseName, 'What the passphrase opens', 100))
  say('passphraseBackup', lineProblem(passphraseBackup, 'The backup that it belongs to', 200))
}

const lineProblem = (text: string, what: string, most: number): string | null => {
  if (text === '') return `${what} is missing. Enter it`
  if (text.length > most) return `${what} has more than ${most} characters. Shorten it`
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)
    ? `${what} holds a control character or one that can’t be seen. Type it anew`
    : null
}

type Recipients = z.output<typeof recipientsShape>

const checkRecipients = (answers: Recipients, say: Say<Recipients>): void => {
  const { group, recipientFolder, custodianFiles, recoveryFiles } = answers
  if (!isHandle(group)) say('group', 'No share group is chosen. Choose one that is active')
  const files = [...custodianFiles, ...recoveryFiles]
  if (files.length === 0) return
  if (!isHandle(recipientFolder))
    say('recipientFolder', 'The folder with the certificates is not known here. Pick it again')
  if (files.length > 16) say('custodianFiles', 'At most 16 certificates fit in one package. Choose fewer')
  for (const name of custodianFiles) say('custodianFiles', fileProblem(name))
  for (const name of recoveryFiles) say('recoveryFiles', fileProblem(name))
  if (twice(files)) say('recoveryFiles', 'A certificate is chosen twice. Choose each once')
}

const screens = {
  keys: whole(keysShape.extend(vaultShape.shape), (answers, say) => {
    checkKeys(answers, say)
    checkVault(answers, say)
  }),
  files: whole(
    keysShape
      .pick({ certificates: true, keptPasswords: true })
      .extend(vaultShape.pick({ vaultKeys: true }).shape)
      .extend(filesShape.shape),
    checkFiles,
  ),
  recipients: whole(recipientsShape, checkRecipients),
  places: whole(vaultShape.pick({ azure: true }).extend(placesShape.shape), checkPlaces),
} as const

export const escrowExportScreens = ['keys', 'files', 'recipients', 'places'] as const
export type EscrowExportScreenId = (typeof escrowExportScreens)[number]

export const escrowExportDraft: z.ZodType<EscrowExportDraft> = allOf(
  screens.keys,
  screens.files,
  screens.recipients,
  screens.places,
)

export const escrowExportScreenProblems = problemsIn<EscrowExportScreenId>(screens)
