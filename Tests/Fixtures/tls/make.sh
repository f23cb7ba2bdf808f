#!/bin/sh
# Makes a small certificate authority and what tests show to peers: make.sh DIRECTORY
set -eu
umask 077
mkdir -p "$1"
cd "$1"
: > index.txt
echo 1000 > serial
echo 1000 > crlnumber
cat > ca.cnf <<'END'
[ca]
default_ca = tests
[tests]
dir = .
new_certs_dir = .
database = index.txt
serial = serial
crlnumber = crlnumber
default_md = sha256
default_days = 90
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = optional
organizationName = optional
countryName = optional
[req]
distinguished_name = req
[v3_ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[v3_sub]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[v3_graded]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
crlDistributionPoints = URI:http://ca.example/crl
authorityInfoAccess = OCSP;URI:http://ca.example/ocsp
END
authority() { # name
    openssl ecparam -genkey -name prime256v1 -noout -out "$1.key"
    openssl req -x509 -new -key "$1.key" -subj "/O=Apus tests/CN=$1" -days 365 -config ca.cnf -extensions v3_ca -out "$1.pem"
}
# Name, kind of key, subject, alternative names, authority, further options of ca(1).
certificate() {
    name=$1 kind=$2 subject=$3 names=$4 authority=$5
    shift 5
    case $kind in
    rsa) openssl genrsa -out "$name.key" 2048 2> /dev/null ;;
    p256) openssl ecparam -genkey -name prime256v1 -noout -out "$name.key" ;;
    p384) openssl ecparam -genkey -name secp384r1 -noout -out "$name.key" ;;
    ed25519) openssl genpkey -algorithm ed25519 -out "$name.key" ;;
    esac
    openssl req -utf8 -new -key "$name.key" -subj "$subject" -config ca.cnf ${names:+-addext "subjectAltName=$names"} -out "$name.csr"
    openssl ca -batch -notext -config ca.cnf -cert "$authority.pem" -keyfile "$authority.key" -in "$name.csr" -out "$name.pem" "$@" 2> ca.log || { cat ca.log >&2; exit 1; }
}
authority ca
authority stranger
certificate sub p256 "/O=Apus tests/CN=sub" "" ca -extensions v3_sub
certificate subsub p256 "/O=Apus tests/CN=subsub" "" sub -extensions v3_sub
certificate app p256 /CN=app.example "DNS:app.example,DNS:localhost,IP:127.0.0.1" ca
certificate app-rsa rsa /CN=app.example "DNS:app.example,DNS:localhost,IP:127.0.0.1" ca
certificate app-p384 p384 /CN=app.example "DNS:app.example" ca
certificate wild p256 /CN=wild.example "DNS:*.wild.example,DNS:wild.example" ca
certificate other ed25519 /CN=other.example "DNS:other.example" ca
certificate nameless p256 /CN=nameless.example "" ca
certificate renewed p256 /CN=app.example "DNS:app.example,DNS:localhost,IP:127.0.0.1" ca
certificate expired p256 /CN=app.example "DNS:app.example,DNS:localhost,IP:127.0.0.1" ca -startdate 20200101000000Z -enddate 20200201000000Z
certificate foreign p256 /CN=app.example "DNS:app.example,DNS:localhost,IP:127.0.0.1" stranger
certificate client p256 "/C=DE/O=Müller, Söhne/CN=ada" "email:ada@example.org,URI:spiffe://example/ada,DNS:ada.example" ca
certificate revoked p256 /CN=eve "" ca
certificate intruder p256 /CN=ada "" stranger
certificate late p256 /CN=late "" ca -startdate 20200101000000Z -enddate 20200201000000Z
certificate near p256 /CN=near "" sub
certificate deep p256 /CN=deep "" subsub
cat near.pem sub.pem > near-chain.pem
cat deep.pem subsub.pem sub.pem > deep-chain.pem
certificate graded p256 /CN=app.example "DNS:app.example,DNS:localhost,IP:127.0.0.1" ca -extensions v3_graded
cat graded.pem ca.pem > graded-chain.pem
openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke revoked.pem 2> ca.log
openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem 2> ca.log
openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert app.pem -respout app.ocsp -ndays 7 > ca.log 2>&1
openssl pkey -in app.key -aes256 -passout pass:correct-horse -out app-locked.key
