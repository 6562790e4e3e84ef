import type { HsmTokenFacts } from '../../ports/hsm.ts'

/** What a transfer file says it was made by: printable ASCII without quotes, as the file's format asks. */
export const generatorOf = (
  { manufacturer, model, firmware }: Pick<HsmTokenFacts, 'manufacturer' | 'model' | 'firmware'>,
  testOnly: boolean,
): string =>
  `Keyturn; ${manufacturer} ${model} ${firmware}${testOnly ? '; test only' : ''}`
    .replace(/[^ !#-[\]-~]/g, '?')
    .slice(0, 100)
