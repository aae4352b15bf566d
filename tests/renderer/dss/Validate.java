import eu.europa.esig.dss.enumerations.*;
import eu.europa.esig.dss.model.*;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.diagnostic.*;
import java.io.File;

/** Prints, for each signature of each PDF, what EU DSS says, trusting one certificate and no network. */
public class Validate {
    public static void main(String[] arguments) throws Exception {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(arguments[0])));
        for (int i = 1; i < arguments.length; i++) {
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(trusted);
            verifier.setAIASource(null);
            SignedDocumentValidator validator =
                SignedDocumentValidator.fromDocument(new FileDocument(arguments[i]));
            validator.setCertificateVerifier(verifier);
            Reports reports = validator.validateDocument();
            SimpleReport simple = reports.getSimpleReport();
            DiagnosticData data = reports.getDiagnosticData();
            for (String id : simple.getSignatureIdList()) {
                SignatureWrapper signature = data.getSignatureById(id);
                System.out.println(String.join("\t", arguments[i],
                    signature.getFirstFieldName(),
                    String.valueOf(simple.getIndication(id)),
                    String.valueOf(simple.getSubIndication(id)),
                    String.valueOf(simple.getSignatureFormat(id)),
                    String.valueOf(simple.getAdESValidationErrors(id)),
                    changes(signature)));
            }
        }
    }

    /** Where in the document something changed later that DSS does not know to be harmless. */
    private static String changes(SignatureWrapper signature) {
        StringBuilder places = new StringBuilder("[");
        for (var change : signature.getPdfUndefinedChanges()) places.append(change.getValue()).append(' ');
        return places.append("]").toString();
    }
}
