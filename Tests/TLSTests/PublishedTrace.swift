/// The application traffic of RFC 8448 section 3, "Simple 1-RTT Handshake", TLS_AES_128_GCM_SHA256.
enum PublishedTrace {
    static let clientSecret = octets("9e40646ce79a7f9dc05af8889bce6552 875afa0b06df0087f792ebb7c17504a5")
    static let clientKey = octets("17422dda596ed5d9acd890e3c63f5051")
    static let clientVector = octets("5b78923dee08579033e523d9")
    static let serverSecret = octets("a11af9f05531f856ad47116b45a95032 8204b4f44bfb6b3a4b4f1f3fcb631643")
    static let serverKey = octets("9f02283b6c9c07efc26bb9f2ac92e356")
    static let serverVector = octets("cf782b88dd83549aadf1e984")

    /// What each side sends to the other.
    static let data = [UInt8](0..<50)

    /// The server's record 0: a ticket, and its record.
    static let ticket = octets(
        """
        040000c90000001efad6aac502000000 b22c035d829359ee5ff7af4ec9000000 00262a6494dc486d2c8a34cb33fa90bf
        1b0070ad3c498883c9367c09a2be785a bc55cd226097a3a982117283f82a03a1 43efd3ff5dd36d64e861be7fd61d2827
        db279cce145077d454a3664d4e6da4d2 9ee03725a6a4dafcd0fc67d2aea70529 513e3da2677fa5906c5b3f7d8f92f228
        bda40dda721470f9fbf297b5aea61764 6fac5c03272e970727c621a79141ef5f 7de6505e5bfbc388e93343694093934a
        e4d3570008002a000400000400
        """)
    static let ticketRecord = octets(
        """
        17030300de3a6b8f90414a97d6959c34 87680de5134a2b240e6cffac116e95d4 1d6af8f6b580dcf3d11d63c758db289a
        015940252f55713e061dc13e078891a3 8efbcf5753ad8ef170ad3c7353d16d9d a773b9ca7f2b9fa1b6c0d4a3d03f75e0
        9c30ba1e62972ac46f75f7b981be6343 9b2999ce13064615139891d5e4c5b406 f16e3fc181a77ca475840025db2f0a77
        f81b5ab05b94c01346755f69232c8651 9d86cbeeac87aac347d143f9605d64f6 50db4d023e70e952ca49fe5137121c74
        bc2697687e248746d6df353005f3bce1 8696129c8153556b3b6c6779b37bf159 85684f
        """)

    /// The client's record 0 and the server's record 1.
    static let clientDataRecord = octets(
        """
        1703030043a23f7054b62c94d0affafe 8228ba55cbefacea42f914aa66bcab3f 2b9819a8a5b46b395bd54a9a20441e2b
        62974e1f5a6292a2977014bd1e3deae6 3aeebb21694915e4
        """)
    static let serverDataRecord = octets(
        """
        17030300432e937e11ef4ac740e538ad 36005fc4a46932fc3225d05f82aa1b36 e30efaf97d90e6dffc602dcb501a59a8
        fcc49c4bf2e5f0a21c0047c2abf33254 0dd032e167c2955d
        """)

    /// close_notify of both: the client's record 1 and the server's record 2.
    static let clientAlertRecord = octets("1703030013c9872760655666b74d7ff1153efd6db6d0b0e3")
    static let serverAlertRecord = octets("1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9")

    private static func octets(_ digits: String) -> [UInt8] { hexadecimal(digits) }
}

/// Bytes written in hexadecimal, with blanks and line ends anywhere.
func hexadecimal(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    precondition(values.count.isMultiple(of: 2), "half a byte")
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}
