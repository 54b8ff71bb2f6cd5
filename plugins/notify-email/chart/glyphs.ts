/** A 5 × 7 face of our own, for the numbers at an axis. Words are the mail's own text: they can be read aloud and translated. */
export const glyphWidth = 5
export const glyphHeight = 7

const drawn = {
  '0': ' ### |#   #|#   #|#   #|#   #|#   #| ### ',
  '1': '  #  | ##  |  #  |  #  |  #  |  #  | ### ',
  '2': ' ### |#   #|    #|   # |  #  | #   |#####',
  '3': ' ### |#   #|    #|  ## |    #|#   #| ### ',
  '4': '   # |  ## | # # |#  # |#####|   # |   # ',
  '5': '#####|#    |#### |    #|    #|#   #| ### ',
  '6': ' ### |#    |#    |#### |#   #|#   #| ### ',
  '7': '#####|    #|   # |  #  | #   | #   | #   ',
  '8': ' ### |#   #|#   #| ### |#   #|#   #| ### ',
  '9': ' ### |#   #|#   #| ####|    #|    #| ### ',
  '.': '     |     |     |     |     | ##  | ##  ',
  '-': '     |     |     |#####|     |     |     ',
  ':': '     | ##  | ##  |     | ##  | ##  |     ',
  '%': '##  #|##  #|   # |  #  | #   |#  ##|#  ##',
  k: '#    |#    |#  # |# #  |##   |# #  |#  # ',
  M: '#   #|## ##|# # #|#   #|#   #|#   #|#   #',
  G: ' ### |#   #|#    |# ###|#   #|#   #| ####',
  T: '#####|  #  |  #  |  #  |  #  |  #  |  #  ',
  ' ': '     |     |     |     |     |     |     ',
} as const

export const glyphs: Readonly<Record<string, readonly string[] | undefined>> = Object.fromEntries(
  Object.entries(drawn).map(([letter, lines]) => [letter, lines.split('|')]),
)
