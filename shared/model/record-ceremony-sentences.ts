import type { RecordBody } from './record.ts'

const count = (many: number, one: string): string => `${many} ${one}${many === 1 ? '' : 's'}`

type CeremonyKind =
  | 'ceremony-begun'
  | 'ceremony-share'
  | 'ceremony-active'
  | 'ceremony-void'
  | 'share-checked'
  | 'package-verified'

const voidWords = {
  stopped: 'it was stopped',
  locked: 'the keyring was locked in the middle of it',
  closed: 'the window was closed in the middle of it',
  interrupted: 'Keyturn ended in the middle of it',
  failed: 'the shares were not made',
} as const

const sheets = (toDestroy: RecordBody<'ceremony-void'>['toDestroy']): string =>
  toDestroy.length === 0
    ? 'no sheet has to be destroyed'
    : `to be destroyed: ${toDestroy
        .map(({ number, holder, medium, where }) =>
          where === null
            ? `the ${medium === 'paper' ? 'paper' : 'file'} of share ${number} (${holder})`
            : `share ${number} (${holder}) at ${where}`,
        )
        .join('; ')}`

export const ceremonySentences: {
  readonly [Kind in CeremonyKind]: (body: RecordBody<Kind>) => string
} = {
  'ceremony-begun': (body) =>
    `A share ceremony was begun for the group “${body.name}”: any ${body.threshold} of ${count(body.holders.length, 'holder')} (${body.holders
      .map(({ name }) => name)
      .join(', ')})${body.witnesses.length === 0 ? '' : `; witnesses: ${body.witnesses.join(', ')}`}${
      body.replaces === null ? '' : `; it takes the place of the group ${body.replaces}`
    }`,
  'ceremony-share': (body) => {
    const share = `Share ${body.number} (${body.holder})`
    switch (body.what) {
      case 'to-be-written':
        return `${share} is about to be written to ${body.where ?? 'its medium'}`
      case 'written':
        return `${share} was written to ${body.where ?? 'its medium'}`
      case 'read-back':
        return body.where === null
          ? `${share} was typed from its sheet and is the same`
          : `${share} was read back from ${body.where} and is the same`
      case 'failed':
        return `${share} did not read back${body.where === null ? '' : ` from ${body.where}`}: ${body.problem?.title ?? 'cause not known'}`
    }
  },
  'ceremony-active': (body) =>
    `All ${body.members} shares of the group “${body.name}” were read back; it is active: any ${body.threshold} of them open its packages${
      body.replaces === null ? '' : `. It takes the place of the group ${body.replaces}`
    }${body.toDestroy.length === 0 ? '' : `; ${sheets(body.toDestroy)}`}`,
  'ceremony-void': (body) =>
    `The share ceremony of the group “${body.name}” is void: ${voidWords[body.because]}${
      body.reason === '' ? '' : ` (${body.reason})`
    }; ${sheets(body.toDestroy)}`,
  'share-checked': (body) => {
    const share = body.number === null ? 'A share' : `Share ${body.number}`
    const checked = `${share} was checked (${body.from}) against ${body.against}`
    if (body.standing === 'package-only')
      return `${checked}: ${body.number === null ? 'it is not in' : 'it fits'} this manifest; who signed it is not known here: fingerprint ${body.signer ?? 'not kept'}`
    return `${checked}: ${body.number === null ? 'it is none of this group' : 'it belongs to the group'}`
  },
  'package-verified': (body) =>
    body.problem === null
      ? `Package ${body.package ?? ''} in ${body.where} was verified: its files, its manifest and the signature fit together; its signer is ${
          body.standing === 'known' ? 'a key of this record' : 'known from the package alone'
        }`
      : `A package in ${body.where} was looked at: ${body.problem.title}`,
}
