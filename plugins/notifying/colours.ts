/** Of states, where a service knows colours. */
export const colours = { ok: '#1a7f37', warning: '#9a6700', critical: '#cf222e', unknown: '#6639ba', nodata: '#465064' } as const
