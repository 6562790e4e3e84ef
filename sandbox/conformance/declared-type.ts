/** What the wire says of a column. */
export interface WireColumn {
  type: { name: string }
  dataLength?: number | undefined
  precision?: number | undefined
  scale?: number | undefined
}

const bySize: Record<string, Record<number, string>> = {
  IntN: { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' },
  BitN: { 1: 'bit' },
  FloatN: { 4: 'real', 8: 'float' },
  MoneyN: { 4: 'smallmoney', 8: 'money' },
  DateTimeN: { 4: 'smalldatetime', 8: 'datetime' },
}
const endless = 65_535

/** The type as T-SQL declares it. Whether NULL is allowed changes the wire's type and not this one. */
export const declaredType = ({ type, dataLength, precision, scale }: WireColumn): string => {
  const sized = bySize[type.name]
  if (sized) return sized[dataLength ?? 0] ?? `${type.name}(${dataLength})`
  const name = type.name.toLowerCase()
  switch (name) {
    case 'nvarchar':
    case 'nchar':
      return `${name}(${dataLength === endless ? 'max' : (dataLength ?? 0) / 2})`
    case 'varchar':
    case 'char':
    case 'varbinary':
    case 'binary':
      return `${name}(${dataLength === endless ? 'max' : dataLength})`
    case 'decimaln':
    case 'numericn':
    case 'decimal':
    case 'numeric':
      return `${name.replace(/n$/, '')}(${precision}, ${scale})`
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return `${name}(${scale})`
    default:
      return name
  }
}
