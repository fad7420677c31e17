//! What can be wrong with the bytes of a connection.

use http::StatusCode;

macro_rules! violations {
    ($($(#[$docs:meta])* $name:ident = $status:ident, $label:literal, $message:literal;)+) => {
        /// A shape that is refused. The connection is closed after the answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Violation {
            $($(#[$docs])* #[doc = $message] $name,)+
        }

        impl Violation {
            /// Every violation, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the status of the answer.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// Returns a short name for metrics.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// Returns what the client is told.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

violations! {
    LeadingBlankLines = BAD_REQUEST, "leading_blank_lines", "More than one blank line before the request line";
    InvalidRequestLine = BAD_REQUEST, "request_line", "The request line is not `METHOD target HTTP/1.1`";
    InvalidMethod = BAD_REQUEST, "method", "The method is not a token";
    ConnectMethod = METHOD_NOT_ALLOWED, "connect", "CONNECT is not supported";
    InvalidTarget = BAD_REQUEST, "target", "The request target has characters or a form that is not allowed";
    TargetTooLong = URI_TOO_LONG, "target_too_long", "The request target is too long";
    UnsupportedVersion = HTTP_VERSION_NOT_SUPPORTED, "version", "Only HTTP/1.0 and HTTP/1.1 are supported";
    BareLineFeed = BAD_REQUEST, "bare_lf", "A line ends with LF instead of CRLF";
    BareCarriageReturn = BAD_REQUEST, "bare_cr", "A CR is not followed by LF";
    ControlCharacter = BAD_REQUEST, "control_character", "A control character in a header";
    FoldedHeader = BAD_REQUEST, "folded_header", "A header value is continued on the next line";
    MissingColon = BAD_REQUEST, "missing_colon", "A header without a colon";
    SpaceBeforeColon = BAD_REQUEST, "space_before_colon", "White space between a header name and its colon";
    EmptyHeaderName = BAD_REQUEST, "empty_header_name", "A header without a name";
    IllegalHeaderName = BAD_REQUEST, "header_name", "A header name with characters that are not allowed";
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", "The request headers are too large";
    TooManyHeaders = REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_headers", "Too many request headers";
    MissingHost = BAD_REQUEST, "missing_host", "An HTTP/1.1 request without a Host header";
    DuplicateHost = BAD_REQUEST, "duplicate_host", "More than one Host header";
    InvalidHost = BAD_REQUEST, "host", "The Host header is not a host name with an optional port";
    HostMismatch = BAD_REQUEST, "host_mismatch", "The Host header differs from the host in the request target";
    DuplicateAuthorization = BAD_REQUEST, "duplicate_authorization", "More than one Authorization header";
    DuplicateContentLength = BAD_REQUEST, "duplicate_content_length", "More than one Content-Length header";
    InvalidContentLength = BAD_REQUEST, "content_length", "The Content-Length is not a decimal number";
    LengthAndTransferEncoding = BAD_REQUEST, "length_and_transfer_encoding",
        "Both Content-Length and Transfer-Encoding";
    DuplicateTransferEncoding = BAD_REQUEST, "duplicate_transfer_encoding",
        "More than one Transfer-Encoding header";
    UnknownTransferEncoding = BAD_REQUEST, "transfer_encoding",
        "The Transfer-Encoding is not exactly `chunked`";
    TransferEncodingInHttp10 = BAD_REQUEST, "transfer_encoding_http10", "Transfer-Encoding in HTTP/1.0";
    InvalidChunkSize = BAD_REQUEST, "chunk_size", "A chunk size is not a hexadecimal number";
    ChunkLineTooLong = BAD_REQUEST, "chunk_line_too_long", "A line with a chunk size is too long";
    InvalidChunkExtension = BAD_REQUEST, "chunk_extension", "A control character in a chunk extension";
    InvalidChunkEnd = BAD_REQUEST, "chunk_end", "A chunk does not end with CRLF where its size says";
    ForbiddenTrailer = BAD_REQUEST, "trailer", "A trailer that may only be a header";
    TrailersTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "trailers_too_large", "The trailers are too large";
    /// Found by the clock, not by looking at bytes.
    HeadTimeout = REQUEST_TIMEOUT, "head_timeout", "The request headers took too long to arrive";
    /// Found by the clock, not by looking at bytes.
    BodyTimeout = REQUEST_TIMEOUT, "body_timeout", "The request body stopped arriving";
}

impl Violation {
    /// Returns the number it is kept under in an atomic; 0 is left for none.
    pub(crate) const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Returns the violation kept under a number.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}
