/// Material that the product itself would not make, as fixed text: keys for these tests only.
struct FixedPair {
    let certificate: [UInt8]
    let key: [UInt8]

    init(certificate: String, key: String) {
        self.certificate = Array(certificate.utf8)
        self.key = Array(key.utf8)
    }
}

/// ECDSA P-256; the key is encrypted, the pass phrase is "open sesame".
let encryptedPair = FixedPair(
    certificate: """
        -----BEGIN CERTIFICATE-----
        MIIBfzCCASWgAwIBAgIURBai1++4zO+6uu8FEKpNUdu4DekwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJZW5jcnlwdGVkMCAXDTI2MTEyMTA1MTg0OVoYDzIxMjYxMDI4
        MDUxODQ5WjAUMRIwEAYDVQQDDAllbmNyeXB0ZWQwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASYvKOrBfHjLmwc9NCBFfXcY3VpqrqTp83YFGJcKq1MvOle3bWx9hGr
        JobCIRea0CKb9dRiGhqPjp7J9hcaB+0bo1MwUTAdBgNVHQ4EFgQUJb3/zLFuf2+m
        f+8VQkQYF9v9yMcwHwYDVR0jBBgwFoAUJb3/zLFuf2+mf+8VQkQYF9v9yMcwDwYD
        VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA17F6g92NWXY/8Y4Xuza/
        ppFSQJIeFbuGfhdVmdLRJW0CIHoBgHxfaooJ1gwDGIqiJ61zJJrK3KJYOd/97dWG
        ULKp
        -----END CERTIFICATE-----

        """,
    key: """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAizXYqkT3KhAwICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEB//dpoD8Zc+72QIvgVJ0I8EgZB0
        0D7EhJE0ODUsegI0f+DnZhfcSgHsdY1DLsFSpXZEbwDFulRMFxGVQlY/8QthiuWJ
        bwmaoUvl2PDYzDbMVsypw1ylO+QKh6QiL3LTACU1BwFEc/kUa7v5ZEALy/zQJcQ8
        VBkF+XHYu6biiIVSy/uuxGtlOGWaZbmS3HA5yx9U5kedHA9S82EUkfiQEz0D/mY=
        -----END ENCRYPTED PRIVATE KEY-----

        """)

/// RSA with 1024 bits.
let weakPair = FixedPair(
    certificate: """
        -----BEGIN CERTIFICATE-----
        MIIB/DCCAWWgAwIBAgIUfyXo8GR3v+RFN5+TTgWdX2M8Qd0wDQYJKoZIhvcNAQEL
        BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjEwNTE4NDlaGA8yMTI2MTAyODA1
        MTg0OVowDzENMAsGA1UEAwwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC
        gYEArOblg/0eF7jvtqJ5eW3DNRrTsmuFGg8bhKdJamN/GI5XTlpfK1rMflI8Ch2A
        MAZLt/U3S3x+QTXAhONr6kbMbcqPDWLkxHjKRpgNphH0m1m8wVWnrmyVtSGOhwFY
        Q5yg/ERyhytYSYGGnKOOHoiL81eO6cotjWyPLuxphA4aQEECAwEAAaNTMFEwHQYD
        VR0OBBYEFOvImFAvnSyMaacU58Ph8UNXcibpMB8GA1UdIwQYMBaAFOvImFAvnSyM
        aacU58Ph8UNXcibpMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEA
        n0gmcoEGtixdJUclBIuadyZs+HObMXzXA5LHrhwMS/DiGB/zsvLIDxHqYdrwXsu3
        YfTpKeoc4GMVF1zMxJabil6xxQ7gMqj0TpY30+ZB4W1yDHcGT037TUqvB9vtbMRX
        IeoufQjwjx/B+ZppTqKqh4BjajwDbtBdLlYDDCkXWDk=
        -----END CERTIFICATE-----

        """,
    key: """
        -----BEGIN PRIVATE KEY-----
        MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAKzm5YP9Hhe477ai
        eXltwzUa07JrhRoPG4SnSWpjfxiOV05aXytazH5SPAodgDAGS7f1N0t8fkE1wITj
        a+pGzG3Kjw1i5MR4ykaYDaYR9JtZvMFVp65slbUhjocBWEOcoPxEcocrWEmBhpyj
        jh6Ii/NXjunKLY1sjy7saYQOGkBBAgMBAAECgYEAg067ITjaYLOvQOk1DZXhOPRN
        r2NeawLsKBsPcz9qp1B6V2PkgL1tLcXwGNJ8pnwxhtwwiSBbldRnh8RbEUmBN+Q0
        7FBR4mfDmQeFYOA4orZ/HsLYq3TxCLe4Fxpt/ZnVgP7IAV7Heo4ZVsqbwnmyG8UK
        m/eCVe3Q63ry0nNkLAECQQDdUo1Yk1q3vPOGcI7ylcuUx87V321tUgXJf6FRK3Rz
        AkWNWR8da9NqkCo0dpP8P1C/mBgBkloOOj9TI3J2saEhAkEAx/4nBP5QsP0boDOE
        Sp1gz9YYSf5sndKDU6FthD5RV36s5l0HLTUjVlEBSph4HHcSfa25baK/yBwdEDTl
        wHYbIQJBAM78ocyxIyqrwGV/Z3FgvuEKbVqAdurCxz7H6qrrJSFagonLS9pMOZFz
        +sTOEWDcJjzJlcoCgc7EkuzCPg7b2YECQQDBSp2R0O5SMT87Fa99oh/IoEb3dQSr
        gKPW94VutABQDSm0uCLQibQun7ocy8IC2P6xI2+9S/gJw0o/uLB51GyhAkAImpTu
        JY429uLAcfX/EamiJvVMU1Mlx0NaDHKD13u0YbNMnuxe8aHm2+z0vyl16Rrj7WEs
        rFMFgzlL4kfoiIqJ
        -----END PRIVATE KEY-----

        """)

/// RSA with 2048 bits, self-signed for localhost, valid for a hundred years.
let rsaPair = FixedPair(
    certificate: """
        -----BEGIN CERTIFICATE-----
        MIIDITCCAgmgAwIBAgIUDgThll994ugFuLc6kh3cGm2c0YgwDQYJKoZIhvcNAQEL
        BQAwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA1MzU0MFoYDzIxMjYx
        MDI4MDUzNTQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwggEiMA0GCSqGSIb3DQEB
        AQUAA4IBDwAwggEKAoIBAQCx74Pvz1SC7c6n9Loc59z6HWb6qvdgETk6Dj5v8g7o
        w8a61kaca3lY3/Vqt32E4X+ZFRzB6rrDvaa+n+kPKV7ON7AfLmPBVjc/unevkOON
        Hx9URIRQ65+5KlCmgKFxR5hKNTOjW4FA78qxIICNzRbei9HtCb0nlPViBvWhgjNJ
        EmjPA83O7ExUPS7hqSslPgR9C+gTu+U+1+bgVyz8ckWZwGLJ8pVYEsMAnXjKmgTP
        Z5y4nHNmk+nd+uM9O7XRH99eMxW4nuvHZULGgxQOk2SLPC9dPcLGHYN1fP21IU9U
        9JJnsfhYZw6ZwvtjNlBMA+0yEc8OyGZEjFFCHWAgMWlhAgMBAAGjaTBnMB0GA1Ud
        DgQWBBQQOt2R+LCF2hEyqsI6A3C3xL5BIjAfBgNVHSMEGDAWgBQQOt2R+LCF2hEy
        qsI6A3C3xL5BIjAPBgNVHRMBAf8EBTADAQH/MBQGA1UdEQQNMAuCCWxvY2FsaG9z
        dDANBgkqhkiG9w0BAQsFAAOCAQEABLpXFXJhfZOAu0biWwLnv0QVBAtryjx5kQhG
        8enDgwQGq4uoG6rvJ6/KBHFu8e1MP8wedBpIikRVPL4pRMKCjdRWwPMLTJolOafy
        7K8XQ1g9cqIHBuBqyyB1eUgGFMqAvQ6QNyZj5hO+I9A80AdH22vZhqU50v7IoDDV
        sQzTsKQ5uVv50ilgvbgN68QYp7snUkB56PbO6qSxOJpVBfig/9YDGrvkJQs+vfpW
        ZGM6oehr+d8INH0aS83lJWcQZ7EsjmKLlXYfJZovSK1YzQBhOcoDmfNOppXKiy5p
        yOGqYjknMjdk60CMHnh3VZQ74AJShjurbVLqnjeEb7vDcfqB+A==
        -----END CERTIFICATE-----

        """,
    key: """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCx74Pvz1SC7c6n
        9Loc59z6HWb6qvdgETk6Dj5v8g7ow8a61kaca3lY3/Vqt32E4X+ZFRzB6rrDvaa+
        n+kPKV7ON7AfLmPBVjc/unevkOONHx9URIRQ65+5KlCmgKFxR5hKNTOjW4FA78qx
        IICNzRbei9HtCb0nlPViBvWhgjNJEmjPA83O7ExUPS7hqSslPgR9C+gTu+U+1+bg
        Vyz8ckWZwGLJ8pVYEsMAnXjKmgTPZ5y4nHNmk+nd+uM9O7XRH99eMxW4nuvHZULG
        gxQOk2SLPC9dPcLGHYN1fP21IU9U9JJnsfhYZw6ZwvtjNlBMA+0yEc8OyGZEjFFC
        HWAgMWlhAgMBAAECggEABu/aie/gUJZq1xtwYg4cDFg3GpCtwj4JqBzEDGM4d5Si
        W8hcyl5aRb+9dqKerx6HdfVfwKOhEl6DcK0VTfUD8DA1mpGZbAEreD2RyvNwG6FZ
        /FQLgIgfGv3uVP9wy9TJuCLo13aKzHhMw6kLufuD57s1vPMDP9bL1j2FN/22eCPB
        vl4aVzaxhn0TXL7BSxvgo09cP7N0zTJdDorVJ0MpN8/U6aoBv5lamw1Hsb1UtUMR
        +HItxM3kOs6bog2DxWFQK8H5etm4OfwA7ygJ63wYPqgyF5NJeX86XyeoOkmys2a1
        2sN9WislY/mLnbQHunh4kIH832mv6sJDIfDopVVMEQKBgQD6G/a4oxg+9gsY9vRE
        2+EcGF25ZpyTWntgPKX8u0mNagB6sEbacGoOld50CWBKIbvtVQm/jiEz1MJdsHsL
        VubSsYiJMw4G/jK7KrCqRuWlAXyt5ZxBrT5vFAkkT9tkRrPu9D8snbKcyUfZ+eEt
        8hHZZH3ezsu3xT08D4CtzgxP/QKBgQC2IGFGvIHq+4r5YQanxzEMJPTDqT6H1QPT
        zK7qG6eE45iOrREWOQH1Z0AyPd3ODpUEgOpaLAubNrnUibtfiqWBmIMl8FrHwkLF
        AzoCBmZV9OnQPns5epeNlD+1h/LBw924PoK3H41P76X0f7YuOXZVCFZhVKvkDqvG
        UsVRNP5iNQKBgEv4oInXKK8/R4GuyeX8sDU7hYSikZ8E1gMWiQjqzt3AvCKIVw1V
        JjIF/gtbKb963b2qngpsntNCpkOVLtrz66tGOAYM1w7yufA2eHFQlcL4X6nm2/7r
        I9LT0C8Sfr7H5zIHSQVBZZbQYR3qFCdDp35UUxOR1zmcFQygXOLuerj1AoGAT+M2
        KDwJ1NQPqsHXlIK4TfZr8uNrDVPvwNjYpNIKkizvPy5E/3V0GXv32dHvWDJnRTlz
        EqidUrEXpFXh/c+oN4d5h4u9lj/s39RBfp/mBbBPW0v860KN9clghLUkU8Ahom6x
        EbhiWPzq06utcus7r6LfmQP1/iw9RtoJuUxAhT0CgYBC2VS4DUet3Tkh9W2d6iPj
        HGLDSSdzCMJBw7lO77N5x6R7ivySL5yBNiFd0sbegdF4EyWRP5n8QqUxCxC6kO4g
        Cm/qUc7C2LRPROwf7f1Wqcrkd1KrhStl3QdC7O/SgL2DSNR6r9Hi6DnKWZxpzVlu
        JUwr2vWYzsQVIDyny0ZGCA==
        -----END PRIVATE KEY-----

        """)

/// A certificate whose common name and second dNSName have a NUL inside; its signature is not valid.
let nullNamePair = FixedPair(
    certificate: """
        -----BEGIN CERTIFICATE-----
        MIIBmDCCAT2gAwIBAgIUcN/CU6pn5FicDUklmzM1Nn7lL9owCgYIKoZIzj0EAwIw
        HDEaMBgGA1UEAwwRdHJpY2sAZXhhbXBsZS5vcmcwIBcNMjYxMTIxMDUzODMzWhgP
        MjEyNjEwMjgwNTM4MzNaMBwxGjAYBgNVBAMMEXRyaWNrAGV4YW1wbGUub3JnMFkw
        EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEe2encYALB0kCD/PFxCfDydpDLi191r6F
        oaRdlTPr7G+4c330mostDvJL11Kx7oWj6INtBdJeKs+sUYj9+xPl0KNbMFkwOAYD
        VR0RBDEwL4IQaGFybWxlc3MuZXhhbXBsZYIbdmljdGltLmV4YW1wbGUAZXZpbC5l
        eGFtcGxlMB0GA1UdDgQWBBT6B38lnOZRmUmfvUfkbkx6/3DR2DAKBggqhkjOPQQD
        AgNJADBGAiEA5TgG321gUjDu/3i7uLRagn7cG3DZ1he4voFGAm1SxgkCIQDt+tCd
        5FLCNdQ9buvOe6rnD5SySIo2EA9PxhQtznOUAA==
        -----END CERTIFICATE-----

        """,
    key: "")
